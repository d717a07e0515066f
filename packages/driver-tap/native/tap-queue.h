#pragma once

#include <lunetta/checked-queue.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>

#include "frame-pool.h"
#include "region.h"
#include "virtio-header.h"

namespace lunetta {

// Why a frame was lost. The names that JavaScript sees: kLossNames.
enum class Loss : uint32_t { RxNoBuffer, RxRunt, RxOversized, RxError, TxDown, TxGone, TxTooLong, TxError, kSize };
extern const std::array<const char*, static_cast<size_t>(Loss::kSize)> kLossNames;

struct QueueCounters {
  uint64_t rxFrames = 0, rxBytes = 0, txFrames = 0, txBytes = 0;
  std::array<uint64_t, static_cast<size_t>(Loss::kSize)> lost{};
};

// The hot half of a port: moves bursts between the file descriptor of a TAP device and the region. Knows nothing of
// Node. Whatever JavaScript wrote into the arrays, no memory outside the region is touched and every buffer keeps
// exactly one owner.
class TapQueue : public CheckedQueue<TapQueue> {
 public:
  // `fd` is non-blocking and stays the caller's, open until Close. With `poison`, returned buffers are overwritten.
  // With `offloads` the device was opened so that a VirtioHeader stands before every frame.
  static std::shared_ptr<TapQueue> Make(int fd, std::shared_ptr<Region> region, uint32_t mtu, bool offloads, bool poison);
  TapQueue(int fd, std::shared_ptr<Region> region, std::unique_ptr<Ownership> ownership, uint32_t mtu, bool offloads,
           bool poison);

  // The contract's hot call (LinkQueue.poll): free, send, stock, receive. Allocates nothing.
  int32_t Poll(int32_t txCount);

  // The Internet sum of the region's bytes [at, end). What does not lie in it is refused, counted, and 0.
  uint32_t Sum(uint32_t at, uint32_t end);

  // Takes back what stands in free and stock; from then on Poll does nothing.
  void Close();

  bool closed() const { return closed_; }
  LinkState state() const { return state_; }
  void SetState(LinkState state);
  void SetMtu(uint32_t mtu) { mtu_ = mtu; }
  // The last Poll stopped sending because the device took no more.
  bool txBlocked() const { return txBlocked_; }
  const FramePool& pool() const { return pool_; }
  const Ownership& ownership() const { return *ownership_; }
  const QueueCounters& counters() const { return counters_; }
  const Region& region() const { return *region_; }

 private:
  friend class CheckedQueue<TapQueue>;
  enum class Sent { Done, Blocked };

  void Put(int32_t handle);
  bool TakeForStock(int32_t* handle);

  int32_t Send(int32_t txCount);
  int32_t Receive();
  bool Gather(const int32_t* descriptor);
  bool GatherInPlace();
  Sent Transmit(const int32_t* descriptor);
  bool IsTooLong(const int32_t* descriptor) const;
  bool GoneBy(int error);

  using CheckedQueue<TapQueue>::Count;
  void Count(Loss reason) { counters_.lost[static_cast<size_t>(reason)]++; }

  // A frame is sent by one writev; the kernel takes up to 1,024 segments, we need far fewer.
  static constexpr uint32_t kMaxSegments = 64;

  int fd_;
  std::shared_ptr<Region> region_;
  std::unique_ptr<Ownership> ownership_;
  FramePool pool_;
  uint32_t mtu_;
  // Bytes before each frame that the kernel and we exchange: a VirtioHeader, or 0.
  size_t prefix_;
  bool poison_;
  bool closed_ = false;
  bool txBlocked_ = false;
  LinkState state_ = LinkState::Down;
  QueueCounters counters_;
  VirtioHeader txHeader_;
  // The header, if there is one, and the segments.
  std::array<iovec, 1 + kMaxSegments> vectors_;
  uint32_t vectorCount_ = 0;
};

}  // namespace lunetta
