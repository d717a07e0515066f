#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "ownership.h"
#include "queue-arrays.h"

namespace lunetta {

// Why something from the stack was refused. The names that JavaScript sees: kRefusalNames.
enum class Refusal : uint32_t { Handle, NotOwned, InStock, Offset, Length, Flags, Offload, Frame, Chain, Count, kSize };
constexpr std::array<const char*, static_cast<size_t>(Refusal::kSize)> kRefusalNames = {
    "handle", "notOwned", "inStock", "offset", "length", "flags", "offload", "frame", "chain", "count"};
using RefusalCounts = std::array<uint64_t, static_cast<size_t>(Refusal::kSize)>;

// Where the frame buffers of a memory lie: buffer h owns the bytes [firstAt + h * stride, ... + size).
struct BufferGrid {
  size_t firstAt;
  size_t stride;
  size_t size;

  size_t At(int32_t handle) const { return firstAt + static_cast<size_t>(handle) * stride; }
};

// A segment that passed the checks.
struct Segment {
  int32_t handle;
  int32_t offset;
  int32_t length;
  int32_t flags;

  bool keep() const { return (flags & kTxKeep) != 0; }
};

// The half of a queue that faces the stack: takes what JavaScript wrote into the arrays, and checks all of it. Whatever
// stands there, every buffer keeps exactly one owner. Knows nothing of Node and nothing of the device; `Device` derives
// from it and has
//
//   void Put(int32_t handle)            the driver has the buffer again
//   bool TakeForStock(int32_t* handle)  an empty buffer for the stack, if one can be spared
//
// The arrays belong to one thread, so that what was checked is what is used.
template <typename Device>
class CheckedQueue {
 public:
  const RefusalCounts& refused() const { return refused_; }

 protected:
  // `me`: the value of our stack, kOwnerStack or above. `offloads`: the TX_ requests that the device serves.
  CheckedQueue(const QueueArrays& arrays, const QueueShape& shape, const BufferGrid& grid, Ownership* ownership, uint8_t me,
               int32_t offloads)
      : arrays_(arrays),
        shape_(shape),
        grid_(grid),
        ownership_(ownership),
        me_(me),
        offloads_(offloads),
        segments_(shape.txCapacity),
        stock_(shape.stockCapacity) {}

  // ---- what comes back ----

  void TakeBack() {
    const int32_t count = Clamp(arrays_.counts[kCountFree], shape_.buffers);
    for (int32_t i = 0; i < count; i++) {
      const int32_t handle = arrays_.free[i];
      Refusal reason;
      if (ReturnedByStack(handle, &reason)) {
        ownership_->Set(handle, kOwnerDriver);
        device()->Put(handle);
      } else {
        Count(reason);
      }
    }
    arrays_.counts[kCountFree] = 0;
  }

  // Those that the stack took off the end of stock since the last poll are now its own.
  void SettleStock() {
    const int32_t left = Clamp(arrays_.counts[kCountStock], stockCount_);
    while (stockCount_ > static_cast<uint32_t>(left)) ownership_->Set(stock_[--stockCount_], me_);
  }

  void FillStock() {
    int32_t handle;
    while (stockCount_ < shape_.stockCapacity && device()->TakeForStock(&handle)) {
      ownership_->Set(handle, kOwnerStock);
      stock_[stockCount_++] = handle;
    }
    // All of them again, should JavaScript have written over some: what it reads is what stands there.
    memcpy(arrays_.stock, stock_.data(), stockCount_ * sizeof(int32_t));
    arrays_.counts[kCountStock] = static_cast<int32_t>(stockCount_);
  }

  // The queue closes: what stands in free and in stock is the driver's again.
  void TakeAllBack() {
    SettleStock();
    TakeBack();
    while (stockCount_ > 0) {
      const int32_t handle = stock_[--stockCount_];
      ownership_->Set(handle, kOwnerDriver);
      device()->Put(handle);
    }
    arrays_.counts[kCountStock] = arrays_.counts[kCountDone] = arrays_.counts[kCountSent] = 0;
  }

  // ---- what is to be sent ----

  // One past the last descriptor of the frame that starts at `first`.
  int32_t EndOfFrame(int32_t first, int32_t end) const {
    int32_t last = first;
    while (last < end - 1 && (Flags(last) & kMore) != 0) last++;
    return last + 1;
  }

  // Whether a descriptor is a whole frame of which nothing special is asked and with which nothing is wrong: the usual case,
  // judged in one go. Of all others ClaimFrame finds out what is the matter.
  static bool IsPlainFrame(const int32_t* descriptor, const OwnerBytes& owners, const BufferGrid& grid, uint8_t me) {
    const int32_t handle = descriptor[kHandle];
    if ((descriptor[kFlags] & ~kRxFlags) != 0 || !owners.Has(handle) || owners.Of(handle) != me) return false;
    const auto inBuffer = static_cast<uint64_t>(static_cast<int64_t>(descriptor[kOffset]) - static_cast<int64_t>(grid.At(handle)));
    const auto length = static_cast<uint32_t>(descriptor[kLength]);
    return inBuffer < grid.size && length >= kEthernetHeader && length <= grid.size - inBuffer;
  }

  // Checks the frame in [first, end). Its buffers that were the stack's become kOwnerSending and stand in segments_, also
  // if the frame is refused: then `reason` says why. Does not count.
  bool ClaimFrame(int32_t first, int32_t end, Refusal* reason) {
    segmentCount_ = 0;
    frameLength_ = 0;
    bool good = true;
    if ((Flags(end - 1) & kMore) != 0) {
      *reason = Refusal::Chain;
      good = false;
    }
    for (int32_t i = first; i < end; i++) {
      Refusal why;
      if (ClaimSegment(i, &segments_[segmentCount_], &why)) continue;
      if (good) *reason = why;
      good = false;
    }
    if (good && frameLength_ < kEthernetHeader) {
      *reason = Refusal::Frame;
      good = false;
    }
    return good;
  }

  // Checks descriptor `index`. If the buffer was the stack's it is claimed, adds to segmentCount_ and frameLength_, and
  // `segment` names it, whatever else is wrong.
  bool ClaimSegment(int32_t index, Segment* segment, Refusal* reason) {
    const int32_t* descriptor = arrays_.tx + static_cast<size_t>(index) * kDescriptorWords;
    const int32_t handle = descriptor[kHandle], flags = descriptor[kFlags];
    if (!ReturnedByStack(handle, reason)) return false;
    ownership_->Set(handle, kOwnerSending);
    const int64_t offset = descriptor[kOffset], length = descriptor[kLength];
    *segment = {handle, descriptor[kOffset], descriptor[kLength], flags};
    segmentCount_++;

    const auto bufferAt = static_cast<int64_t>(grid_.At(handle));
    const int64_t bufferEnd = bufferAt + static_cast<int64_t>(grid_.size);
    if (offset < bufferAt || offset >= bufferEnd) {
      *reason = Refusal::Offset;
    } else if (length <= 0 || offset + length > bufferEnd) {
      *reason = Refusal::Length;
    } else if ((flags & kTxOffloads & ~offloads_) != 0) {
      *reason = Refusal::Offload;
    } else if ((flags & ~(kMore | kRxFlags | kTxKeep | kTxOffloads)) != 0) {
      // What was received goes out with its rx flags as they are.
      *reason = Refusal::Flags;
    } else {
      frameLength_ += static_cast<size_t>(length);
      return true;
    }
    return false;
  }

  // Whether what is asked of the device fits the frame: headers of lengths that there are, in the first segment. Devices
  // trust them: DPDK's net_tap copies the headers of what it cuts up into 128 bytes, and writes over what lies behind.
  bool OffloadsFit(const int32_t* descriptor) const {
    const auto lengths = static_cast<uint32_t>(descriptor[kHeaderLengths]);
    const uint32_t l2 = lengths & 0xff, l3 = lengths >> 8 & 0xff, l4 = lengths >> 16 & 0xff;
    const int32_t flags = descriptor[kFlags];
    if ((flags & (kTxOffloads & ~kTxVlanInsert)) == 0) return true;
    if (l2 < kEthernetHeader || l2 > kEthernetHeader + 2 * kVlanTag || l3 < kShortestIp || l3 > kLongestHeader) return false;
    if (l2 + l3 + l4 > static_cast<uint32_t>(descriptor[kLength])) return false;
    const bool wantsUdp = (flags & kTxUdpChecksum) != 0, wantsTcp = (flags & (kTxTcpChecksum | kTxTso)) != 0;
    if (wantsUdp && (wantsTcp || l4 != kUdpHeader)) return false;
    if (wantsTcp && (l4 < kShortestTcp || l4 > kLongestHeader)) return false;
    if ((flags & kTxTso) == 0) return true;
    return l2 + l3 + l4 <= kLongestTsoHeaders && static_cast<uint32_t>(descriptor[kVlanAndMss]) >> 16 != 0;
  }

  // The frame in segments_ was not accepted: its buffers stay the stack's.
  void UnclaimAll() {
    for (uint32_t i = 0; i < segmentCount_; i++) ownership_->Set(segments_[i].handle, me_);
    segmentCount_ = 0;
  }

  // The frame in segments_ is finished with, sent or not: lent buffers go to done, the others to the driver.
  void ReleaseAll() {
    for (uint32_t i = 0; i < segmentCount_; i++) {
      const int32_t handle = segments_[i].handle;
      if (segments_[i].keep()) {
        ShowDone(handle);
      } else {
        ownership_->Set(handle, kOwnerDriver);
        device()->Put(handle);
      }
    }
    segmentCount_ = 0;
  }

  // A lent buffer is in done from the end of this poll on. It stays locked until then: a later frame of the same poll must
  // not name it.
  void ShowDone(int32_t handle) {
    ownership_->Set(handle, kOwnerLent);
    arrays_.done[doneCount_++] = handle;
  }

  void SettleDone() {
    for (uint32_t i = 0; i < doneCount_; i++) ownership_->Set(arrays_.done[i], me_);
    arrays_.counts[kCountDone] = static_cast<int32_t>(doneCount_);
    doneCount_ = 0;
  }

  // ---- checks ----

  int32_t Clamp(int32_t count, uint32_t capacity) {
    if (static_cast<uint32_t>(count) <= capacity) return count;
    Count(Refusal::Count);
    return count < 0 ? 0 : static_cast<int32_t>(capacity);
  }

  // Whether the stack may pass `handle` to the driver now.
  bool ReturnedByStack(int32_t handle, Refusal* reason) const {
    if (!ownership_->Has(handle)) {
      *reason = Refusal::Handle;
      return false;
    }
    const uint8_t owner = ownership_->Of(handle);
    if (owner == me_) return true;
    *reason = owner == kOwnerStock ? Refusal::InStock : Refusal::NotOwned;
    return false;
  }

  int32_t Flags(int32_t index) const { return arrays_.tx[static_cast<size_t>(index) * kDescriptorWords + kFlags]; }
  void Count(Refusal reason) { refused_[static_cast<size_t>(reason)]++; }

  QueueArrays arrays_;
  QueueShape shape_;
  BufferGrid grid_;
  Ownership* ownership_;
  uint8_t me_;
  int32_t offloads_;
  RefusalCounts refused_{};

  // The frame being checked or sent.
  std::vector<Segment> segments_;
  uint32_t segmentCount_ = 0;
  size_t frameLength_ = 0;

 private:
  Device* device() { return static_cast<Device*>(this); }

  // What stands in stock. Ours, since JavaScript can write into the array.
  std::vector<int32_t> stock_;
  uint32_t stockCount_ = 0;
  uint32_t doneCount_ = 0;
};

}  // namespace lunetta
