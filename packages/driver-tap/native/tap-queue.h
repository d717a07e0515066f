#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "frame-pool.h"
#include "region.h"

namespace lunetta {

// Values of counts[COUNT_STATE].
enum class LinkState : int32_t { Up = 0, Down = 1, Gone = 2 };

// Why something from the stack was refused. The names that JavaScript sees: kRefusalNames.
enum class Refusal : uint32_t { Handle, NotOwned, InStock, Offset, Length, Flags, Offload, Frame, Chain, Count, kSize };
extern const std::array<const char*, static_cast<size_t>(Refusal::kSize)> kRefusalNames;

// Why a frame was lost. The names that JavaScript sees: kLossNames.
enum class Loss : uint32_t { RxNoBuffer, RxRunt, RxOversized, RxError, TxDown, TxGone, TxTooLong, TxError, kSize };
extern const std::array<const char*, static_cast<size_t>(Loss::kSize)> kLossNames;

struct QueueCounters {
  uint64_t rxFrames = 0, rxBytes = 0, txFrames = 0, txBytes = 0;
  std::array<uint64_t, static_cast<size_t>(Refusal::kSize)> refused{};
  std::array<uint64_t, static_cast<size_t>(Loss::kSize)> lost{};
};

// The hot half of a port: moves bursts between the file descriptor of a TAP device and the region. Knows nothing of
// Node. Whatever JavaScript wrote into the arrays, no memory outside the region is touched and every buffer keeps
// exactly one owner.
class TapQueue {
 public:
  // `fd` is non-blocking and stays the caller's, open until Close. With `poison`, returned buffers are overwritten.
  TapQueue(int fd, std::shared_ptr<Region> region, uint32_t mtu, bool poison);

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
  const QueueCounters& counters() const { return counters_; }
  const Region& region() const { return *region_; }

 private:
  enum class Sent { Done, Blocked };
  struct Segment {
    int32_t handle;
    bool keep;
  };

  void TakeBack();
  void SettleStock();
  void FillStock();
  int32_t Send(int32_t txCount);
  int32_t Receive();

  int32_t EndOfFrame(int32_t first, int32_t end) const;
  bool ClaimFrame(int32_t first, int32_t end);
  bool ClaimSegment(const int32_t* descriptor, Refusal* reason);
  Sent Transmit();
  void ReleaseClaimed();
  void UnclaimAll();
  void Put(int32_t handle);
  bool GoneBy(int error);

  int32_t Clamp(int32_t count, uint32_t capacity);
  bool ReturnedByStack(int32_t handle, Refusal* reason) const;
  void Count(Refusal reason) { counters_.refused[static_cast<size_t>(reason)]++; }
  void Count(Loss reason) { counters_.lost[static_cast<size_t>(reason)]++; }

  // A frame is sent by one writev; the kernel takes up to 1,024 segments, we need far fewer.
  static constexpr uint32_t kMaxSegments = 64;

  int fd_;
  std::shared_ptr<Region> region_;
  FramePool pool_;
  uint32_t mtu_;
  bool poison_;
  bool closed_ = false;
  bool txBlocked_ = false;
  LinkState state_ = LinkState::Down;
  QueueCounters counters_;

  // What stands in stock. Ours, since JavaScript can write into the array.
  std::vector<int32_t> stock_;
  uint32_t stockCount_ = 0;

  // The frame being checked or sent.
  std::vector<Segment> claimed_;
  uint32_t claimedCount_ = 0;
  std::array<iovec, kMaxSegments> segments_;
  uint32_t segmentCount_ = 0;
  size_t frameLength_ = 0;
  uint32_t doneCount_ = 0;
};

}  // namespace lunetta
