#include "tap-queue.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "internet-sum.h"

namespace lunetta {

namespace {

// descriptor.ts
constexpr int32_t kMore = 1 << 0;
constexpr int32_t kRxFlags = 0x7e;
constexpr int32_t kTxKeep = 1 << 8;
constexpr int32_t kTxOffloads = 0x3e00;

constexpr size_t kEthernetHeader = 14;
constexpr size_t kVlanTag = 4;
constexpr int kPoison = 0xdb;

}  // namespace

const std::array<const char*, static_cast<size_t>(Refusal::kSize)> kRefusalNames = {
    "handle", "notOwned", "inStock", "offset", "length", "flags", "offload", "frame", "chain", "count"};

const std::array<const char*, static_cast<size_t>(Loss::kSize)> kLossNames = {
    "rxNoBuffer", "rxRunt", "rxOversized", "rxError", "txDown", "txGone", "txTooLong", "txError"};

TapQueue::TapQueue(int fd, std::shared_ptr<Region> region, uint32_t mtu, bool poison)
    : fd_(fd),
      region_(std::move(region)),
      pool_(region_->shape().buffers),
      mtu_(mtu),
      poison_(poison),
      stock_(region_->shape().stockCapacity),
      claimed_(region_->shape().txCapacity) {
  SetState(LinkState::Down);
}

void TapQueue::SetState(LinkState state) {
  state_ = state;
  region_->counts()[kCountState] = static_cast<int32_t>(state);
}

int32_t TapQueue::Poll(int32_t txCount) {
  if (closed_) return 0;
  SettleStock();
  TakeBack();
  const int32_t sent = Send(txCount);
  FillStock();
  const int32_t received = Receive();
  int32_t* counts = region_->counts();
  counts[kCountSent] = sent;
  counts[kCountState] = static_cast<int32_t>(state_);
  return received;
}

uint32_t TapQueue::Sum(uint32_t at, uint32_t end) {
  if (at > end || end > region_->size()) {
    Count(Refusal::Offset);
    return 0;
  }
  return InternetSum(region_->base() + at, end - at);
}

void TapQueue::Close() {
  if (closed_) return;
  SettleStock();
  TakeBack();
  while (stockCount_ > 0) Put(stock_[--stockCount_]);
  int32_t* counts = region_->counts();
  counts[kCountStock] = counts[kCountDone] = counts[kCountSent] = 0;
  closed_ = true;
  fd_ = -1;
}

// ---- buffers ----

void TapQueue::Put(int32_t handle) {
  if (poison_) memset(region_->base() + region_->BufferAt(handle), kPoison, region_->shape().bufferSize);
  pool_.Put(handle);
}

int32_t TapQueue::Clamp(int32_t count, uint32_t capacity) {
  if (count >= 0 && static_cast<uint32_t>(count) <= capacity) return count;
  Count(Refusal::Count);
  return count < 0 ? 0 : static_cast<int32_t>(capacity);
}

// Whether the stack may pass `handle` to the driver now.
bool TapQueue::ReturnedByStack(int32_t handle, Refusal* reason) const {
  if (!pool_.Has(handle)) {
    *reason = Refusal::Handle;
    return false;
  }
  const Owner owner = pool_.OwnerOf(handle);
  if (owner == Owner::Stack) return true;
  *reason = owner == Owner::Stock ? Refusal::InStock : Refusal::NotOwned;
  return false;
}

void TapQueue::TakeBack() {
  int32_t* counts = region_->counts();
  const int32_t count = Clamp(counts[kCountFree], region_->shape().buffers);
  const int32_t* handles = region_->free();
  for (int32_t i = 0; i < count; i++) {
    Refusal reason;
    if (ReturnedByStack(handles[i], &reason)) {
      Put(handles[i]);
    } else {
      Count(reason);
    }
  }
  counts[kCountFree] = 0;
}

// Those that the stack took off the end of stock since the last poll are now its own.
void TapQueue::SettleStock() {
  const int32_t left = Clamp(region_->counts()[kCountStock], stockCount_);
  while (stockCount_ > static_cast<uint32_t>(left)) pool_.SetOwner(stock_[--stockCount_], Owner::Stack);
}

// Never takes the buffers that the next burst is received into.
void TapQueue::FillStock() {
  const RegionShape& shape = region_->shape();
  while (stockCount_ < shape.stockCapacity && pool_.available() > shape.rxCapacity) {
    stock_[stockCount_++] = pool_.Take(Owner::Stock);
  }
  // All of them again, should JavaScript have written over some: what it reads is what stands there.
  memcpy(region_->stock(), stock_.data(), stockCount_ * sizeof(int32_t));
  region_->counts()[kCountStock] = static_cast<int32_t>(stockCount_);
}

// ---- sending ----

int32_t TapQueue::Send(int32_t txCount) {
  const int32_t end = Clamp(txCount, region_->shape().txCapacity);
  doneCount_ = 0;
  txBlocked_ = false;
  int32_t first = 0;
  while (first < end) {
    const int32_t next = EndOfFrame(first, end);
    if (ClaimFrame(first, next)) {
      if (Transmit() == Sent::Blocked) {
        UnclaimAll();
        txBlocked_ = true;
        break;
      }
    }
    ReleaseClaimed();
    first = next;
  }
  const int32_t* done = region_->done();
  for (uint32_t i = 0; i < doneCount_; i++) pool_.SetOwner(done[i], Owner::Stack);
  region_->counts()[kCountDone] = static_cast<int32_t>(doneCount_);
  return first;
}

// One past the last descriptor of the frame that starts at `first`.
int32_t TapQueue::EndOfFrame(int32_t first, int32_t end) const {
  const int32_t* flags = region_->tx() + kFlags;
  int32_t last = first;
  while (last + 1 < end && (flags[static_cast<uint32_t>(last) * kDescriptorWords] & kMore) != 0) last++;
  return last + 1;
}

// Takes the frame's buffers and checks it. False, and counted with the first reason, if it is not to be sent.
bool TapQueue::ClaimFrame(int32_t first, int32_t end) {
  const int32_t* tx = region_->tx();
  claimedCount_ = segmentCount_ = 0;
  frameLength_ = 0;
  bool good = true;
  Refusal reason = Refusal::Chain;
  auto refuse = [&](Refusal why) {
    if (good) reason = why;
    good = false;
  };
  const bool unfinished = (tx[static_cast<uint32_t>(end - 1) * kDescriptorWords + kFlags] & kMore) != 0;
  if (unfinished || static_cast<uint32_t>(end - first) > kMaxSegments) refuse(Refusal::Chain);
  for (int32_t i = first; i < end; i++) {
    Refusal why;
    if (!ClaimSegment(tx + static_cast<uint32_t>(i) * kDescriptorWords, &why)) refuse(why);
  }
  if (good && frameLength_ < kEthernetHeader) refuse(Refusal::Frame);
  if (!good) Count(reason);
  return good;
}

bool TapQueue::ClaimSegment(const int32_t* descriptor, Refusal* reason) {
  const int32_t handle = descriptor[kHandle], flags = descriptor[kFlags];
  if (!ReturnedByStack(handle, reason)) return false;
  pool_.SetOwner(handle, Owner::Sending);
  claimed_[claimedCount_++] = {handle, (flags & kTxKeep) != 0};

  const int64_t bufferAt = static_cast<int64_t>(region_->BufferAt(handle));
  const int64_t bufferEnd = bufferAt + region_->shape().bufferSize;
  const int64_t offset = descriptor[kOffset], length = descriptor[kLength];
  if (offset < bufferAt || offset >= bufferEnd) {
    *reason = Refusal::Offset;
  } else if (length <= 0 || offset + length > bufferEnd) {
    *reason = Refusal::Length;
  } else if ((flags & kTxOffloads) != 0) {
    *reason = Refusal::Offload;
  } else if ((flags & ~(kMore | kRxFlags | kTxKeep)) != 0) {
    // What was received goes out with its rx flags as they are.
    *reason = Refusal::Flags;
  } else {
    if (segmentCount_ < kMaxSegments) {
      segments_[segmentCount_++] = {region_->base() + offset, static_cast<size_t>(length)};
    }
    frameLength_ += static_cast<size_t>(length);
    return true;
  }
  return false;
}

TapQueue::Sent TapQueue::Transmit() {
  if (state_ != LinkState::Up) {
    Count(state_ == LinkState::Gone ? Loss::TxGone : Loss::TxDown);
    return Sent::Done;
  }
  if (frameLength_ > mtu_ + kEthernetHeader + kVlanTag) {
    Count(Loss::TxTooLong);
    return Sent::Done;
  }
  ssize_t written;
  do {
    written = segmentCount_ == 1 ? write(fd_, segments_[0].iov_base, segments_[0].iov_len)
                                 : writev(fd_, segments_.data(), static_cast<int>(segmentCount_));
  } while (written < 0 && errno == EINTR);
  if (written >= 0) {
    counters_.txFrames++;
    counters_.txBytes += frameLength_;
    return Sent::Done;
  }
  const int error = errno;
  if (error == EAGAIN) return Sent::Blocked;
  // EIO: the interface is down, and the monitor has not yet told (tun_get_user in drivers/net/tun.c).
  Count(error == EIO ? Loss::TxDown : GoneBy(error) ? Loss::TxGone : Loss::TxError);
  return Sent::Done;
}

// The frame is finished with, sent or not: lent buffers go to done, the others to the pool.
void TapQueue::ReleaseClaimed() {
  for (uint32_t i = 0; i < claimedCount_; i++) {
    const Segment& segment = claimed_[i];
    if (segment.keep) {
      pool_.SetOwner(segment.handle, Owner::Done);
      region_->done()[doneCount_++] = segment.handle;
    } else {
      Put(segment.handle);
    }
  }
  claimedCount_ = 0;
}

// The frame was not accepted: its buffers stay the stack's.
void TapQueue::UnclaimAll() {
  for (uint32_t i = 0; i < claimedCount_; i++) pool_.SetOwner(claimed_[i].handle, Owner::Stack);
  claimedCount_ = 0;
}

// ---- receiving ----

int32_t TapQueue::Receive() {
  if (state_ != LinkState::Up) return 0;
  const RegionShape& shape = region_->shape();
  const size_t room = shape.bufferSize - kHeadroom;
  int32_t* descriptor = region_->rx();
  int32_t received = 0;
  for (uint32_t reads = 0; reads < shape.rxCapacity; reads++) {
    if (pool_.available() == 0) {
      // What waits stays in the kernel's queue; nobody knows whether anything does.
      Count(Loss::RxNoBuffer);
      break;
    }
    const size_t at = region_->BufferAt(pool_.Next()) + kHeadroom;
    const ssize_t length = read(fd_, region_->base() + at, room);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && !GoneBy(errno)) Count(Loss::RxError);
      break;
    }
    if (static_cast<size_t>(length) < kEthernetHeader) {
      Count(Loss::RxRunt);
      continue;
    }
    // The kernel cuts a frame that does not fit, silently. Buffers are sized so that one that fits leaves a byte.
    if (static_cast<size_t>(length) == room) {
      Count(Loss::RxOversized);
      continue;
    }
    descriptor[kHandle] = pool_.Take(Owner::Stack);
    descriptor[kOffset] = static_cast<int32_t>(at);
    descriptor[kLength] = static_cast<int32_t>(length);
    descriptor[kFlags] = 0;
    descriptor += kDescriptorWords;
    received++;
    counters_.rxFrames++;
    counters_.rxBytes += static_cast<uint64_t>(length);
  }
  return received;
}

// EBADFD: the descriptor was detached because the interface was deleted (tun_chr_read_iter, tun_chr_write_iter).
bool TapQueue::GoneBy(int error) {
  if (error != EBADFD && error != ENODEV && error != ENXIO) return false;
  SetState(LinkState::Gone);
  return true;
}

}  // namespace lunetta
