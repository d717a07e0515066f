#pragma once

#include <napi.h>

#include <memory>

#include "../dpdk-queue.h"

namespace lunetta {

// For bench/: { poll, run(work, frames), runBare(work, frames, stamped), setHeaders(bytes), seed(frames, length, byte),
// close() } over an open queue, which was made of `request`. `config`: headers (42 bytes for each of a power of two of
// requests), ownAddress, peerAddress (4 bytes), ownMac, peerMac (6 bytes), port.
Napi::Value BenchCalls(Napi::Env env, const QueueRequest& request, const std::shared_ptr<DpdkQueue>& queue,
                       const std::shared_ptr<FrameStore>& store, const Napi::Object& config);

}  // namespace lunetta
