#pragma once

#include <napi.h>

#include <memory>

#include "../dpdk-queue.h"

namespace lunetta {

// For bench/: { poll, run(work, frames, stamped), setHeaders(bytes) } over an open queue. `config`: headers (42 bytes for
// each of a power of two of requests), ownAddress, peerAddress (4 bytes), ownMac, peerMac (6 bytes), port.
Napi::Value BenchCalls(Napi::Env env, const std::shared_ptr<DpdkQueue>& queue, uint16_t port, const Napi::Object& config);

}  // namespace lunetta
