#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../dpdk-queue.h"
#include "echo-baseline.h"
#include "stamp.h"

namespace lunetta {

// What the C++ loops do to each frame.
enum class Work : uint32_t { Macswap, UdpEcho, UdpEchoView, UdpEchoCopy };

struct LoopResult {
  uint64_t frames;
  uint64_t dropped;
  double seconds;
};

// A queue under measurement: the hot call with stamped frames, and beside it loops in C++ over the same device.
class BenchQueue {
 public:
  // `request`: what `queue` was made of.
  BenchQueue(const QueueRequest& request, std::shared_ptr<DpdkQueue> queue, std::shared_ptr<FrameStore> store, Stamp stamp,
             std::unique_ptr<EchoBaseline> baseline);

  // JavaScript's call: DpdkQueue::Poll; then every frame that arrived gets the headers of the next request.
  int32_t Poll(int32_t txCount) { return PollStamped(*queue_, txCount); }

  // What JavaScript does, in C++: through a queue of its own, with the same descriptors, checks and owners, until so many
  // frames have been received. A device that shows none for a second ends it.
  LoopResult Run(Work work, uint64_t frames);

  // Without descriptors, checks and owners: mbufs from rte_eth_rx_burst to rte_eth_tx_burst. Answers in place only.
  LoopResult RunBare(Work work, uint64_t frames, bool stamped);

  // Sends frames whose payload is `byte`, on a device that shows what was sent; makes every other buffer's payload so, too.
  void Seed(uint32_t frames, uint32_t length, uint8_t byte);

  void SetStamp(Stamp stamp) { stamp_ = std::move(stamp); }

  // Gives back the buffers of Run's queue.
  void Close();

 private:
  int32_t PollStamped(DpdkQueue& queue, int32_t txCount);
  void WorkOff(Work work, int32_t received, LoopResult* result);
  void Transmit(int32_t handle, int32_t offset, uint32_t length);
  uint32_t DoWork(Work work, uint8_t* frame, uint32_t length, uint8_t* spare);

  uint16_t port_;
  std::shared_ptr<FrameStore> store_;
  std::shared_ptr<DpdkQueue> queue_;
  std::shared_ptr<DpdkQueue> own_;  // Run's
  QueueArrays arrays_;              // of own_
  int32_t queued_ = 0;              // descriptors in its tx
  Stamp stamp_;
  std::unique_ptr<EchoBaseline> baseline_;
};

}  // namespace lunetta
