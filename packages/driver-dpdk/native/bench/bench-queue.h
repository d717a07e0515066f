#pragma once

#include <cstdint>
#include <memory>

#include "../dpdk-queue.h"
#include "echo-baseline.h"
#include "stamp.h"

namespace lunetta {

// What the C++ loop does to each frame.
enum class Work : uint32_t { Macswap, UdpEcho, UdpEchoView, UdpEchoCopy };

struct LoopResult {
  uint64_t frames;
  uint64_t dropped;
  double seconds;
};

// A queue under measurement: the hot call with stamped frames, and beside it loops in C++ over the same device.
class BenchQueue {
 public:
  BenchQueue(std::shared_ptr<DpdkQueue> queue, uint16_t port, Stamp stamp, std::unique_ptr<EchoBaseline> baseline);

  // DpdkQueue::Poll; then every frame that arrived gets the headers of the next request.
  int32_t Poll(int32_t txCount);

  // Receives, stamps, works and sends until so many frames have been received. A device that shows none for a second ends
  // it.
  LoopResult Run(Work work, uint64_t frames, bool stamped);

  // Sends frames whose payload is `byte`, on a device that shows what was sent; makes every other buffer's payload so, too.
  void Seed(uint32_t frames, uint32_t length, uint8_t byte);

  void SetStamp(Stamp stamp) { stamp_ = std::move(stamp); }

 private:
  bool DoWork(Work work, uint8_t* frame, uint32_t length);

  std::shared_ptr<DpdkQueue> queue_;
  uint16_t port_;
  Stamp stamp_;
  std::unique_ptr<EchoBaseline> baseline_;
  std::vector<uint8_t> copy_;
};

}  // namespace lunetta
