#include "tap-queue.h"

#include <lunetta/internet-sum.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lunetta {

namespace {

constexpr int kPoison = 0xdb;
constexpr int32_t kVirtioOffloads = kTxTcpChecksum | kTxUdpChecksum | kTxTso;
constexpr size_t kLongestFrame = kEthernetHeader + 2 * kVlanTag + 65535;
// A poll that has received so much ends: of frames of 64 KiB a burst is more than the caches hold, and acknowledgments wait.
constexpr size_t kBurstBytes = 256 * 1024;

}  // namespace

const std::array<const char*, static_cast<size_t>(Loss::kSize)> kLossNames = {
    "rxNoBuffer", "rxRunt", "rxOversized", "rxError", "txDown", "txGone", "txTooLong", "txError"};

std::shared_ptr<TapQueue> TapQueue::Make(int fd, std::shared_ptr<Region> region, uint32_t mtu, bool offloads,
                                         bool poison) {
  auto ownership = std::make_unique<Ownership>(region->shape().buffers);
  return std::make_shared<TapQueue>(fd, std::move(region), std::move(ownership), mtu, offloads, poison);
}

TapQueue::TapQueue(int fd, std::shared_ptr<Region> region, std::unique_ptr<Ownership> ownership, uint32_t mtu,
                   bool offloads, bool poison)
    : CheckedQueue(QueueArrays(region->base(), region->layout()), region->shape(),
                   BufferGrid{region->framesAt(), region->bufferSize(), region->bufferSize()}, ownership.get(), kOwnerStack,
                   offloads ? kVirtioOffloads : 0),
      fd_(fd),
      region_(std::move(region)),
      ownership_(std::move(ownership)),
      pool_(region_->shape().buffers),
      mtu_(mtu),
      prefix_(offloads ? kVirtioHeader : 0),
      poison_(poison) {
  SetState(LinkState::Down);
}

void TapQueue::SetState(LinkState state) {
  state_ = state;
  arrays_.counts[kCountState] = static_cast<int32_t>(state);
}

int32_t TapQueue::Poll(int32_t txCount) {
  if (closed_) return 0;
  SettleStock();
  TakeBack();
  const int32_t sent = Send(txCount);
  FillStock();
  const int32_t received = Receive();
  arrays_.counts[kCountSent] = sent;
  arrays_.counts[kCountState] = static_cast<int32_t>(state_);
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
  TakeAllBack();
  closed_ = true;
  fd_ = -1;
}

void TapQueue::Put(int32_t handle) {
  if (poison_) memset(region_->base() + region_->BufferAt(handle), kPoison, region_->bufferSize());
  pool_.Put(handle);
}

// Never takes the buffers that the next burst is received into.
bool TapQueue::TakeForStock(int32_t* handle) {
  if (pool_.available() <= shape_.rxCapacity) return false;
  *handle = pool_.Take();
  return true;
}

// ---- sending ----

int32_t TapQueue::Send(int32_t txCount) {
  const int32_t end = Clamp(txCount, shape_.txCapacity);
  txBlocked_ = false;
  int32_t first = 0;
  while (first < end) {
    const int32_t next = EndOfFrame(first, end);
    const int32_t* descriptor = arrays_.tx + static_cast<size_t>(first) * kDescriptorWords;
    Refusal reason;
    if (!ClaimFrame(first, next, &reason)) {
      Count(reason);
    } else if ((descriptor[kFlags] & kTxOffloads) != 0 && !OffloadsFit(descriptor)) {
      Count(Refusal::Offload);
    } else if (!Gather(descriptor)) {
      Count(Refusal::Chain);
    } else if (Transmit(descriptor) == Sent::Blocked) {
      UnclaimAll();
      txBlocked_ = true;
      break;
    }
    ReleaseAll();
    first = next;
  }
  SettleDone();
  return first;
}

// Where the bytes of the claimed frame lie, for writev. False if there are too many pieces.
bool TapQueue::Gather(const int32_t* descriptor) {
  if (segmentCount_ > kMaxSegments) return false;
  vectorCount_ = 0;
  if (prefix_ > 0) {
    txHeader_ = VirtioHeaderFor(descriptor);
    if (GatherInPlace()) return true;
    vectors_[vectorCount_++] = {&txHeader_, sizeof txHeader_};
  }
  for (uint32_t i = 0; i < segmentCount_; i++) {
    vectors_[vectorCount_++] = {region_->base() + segments_[i].offset, static_cast<size_t>(segments_[i].length)};
  }
  return true;
}

// The usual frame has room before it in its own buffer for the header: one piece costs the kernel less than two.
bool TapQueue::GatherInPlace() {
  const Segment& segment = segments_[0];
  const size_t offset = static_cast<size_t>(segment.offset);
  if (segmentCount_ > 1 || segment.keep() || offset - region_->BufferAt(segment.handle) < prefix_) return false;
  uint8_t* at = region_->base() + offset - prefix_;
  memcpy(at, &txHeader_, prefix_);
  vectors_[vectorCount_++] = {at, prefix_ + static_cast<size_t>(segment.length)};
  return true;
}

// Of a frame that is to be cut up, each segment has to fit.
bool TapQueue::IsTooLong(const int32_t* descriptor) const {
  const size_t longest = mtu_ + kEthernetHeader + kVlanTag;
  if ((descriptor[kFlags] & kTxTso) == 0) return frameLength_ > longest;
  const auto lengths = static_cast<uint32_t>(descriptor[kHeaderLengths]);
  const size_t headers = (lengths & 0xff) + (lengths >> 8 & 0xff) + (lengths >> 16 & 0xff);
  const size_t mss = static_cast<uint32_t>(descriptor[kVlanAndMss]) >> 16;
  return frameLength_ > kLongestFrame || std::min(headers + mss, frameLength_) > longest;
}

TapQueue::Sent TapQueue::Transmit(const int32_t* descriptor) {
  if (state_ != LinkState::Up) {
    Count(state_ == LinkState::Gone ? Loss::TxGone : Loss::TxDown);
    return Sent::Done;
  }
  if (IsTooLong(descriptor)) {
    Count(Loss::TxTooLong);
    return Sent::Done;
  }
  ssize_t written;
  do {
    written = vectorCount_ == 1 ? write(fd_, vectors_[0].iov_base, vectors_[0].iov_len)
                                : writev(fd_, vectors_.data(), static_cast<int>(vectorCount_));
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

// ---- receiving ----

int32_t TapQueue::Receive() {
  if (state_ != LinkState::Up) return 0;
  const size_t room = region_->bufferSize() - kHeadroom;
  int32_t* descriptor = arrays_.rx;
  int32_t received = 0;
  size_t bytes = 0;
  for (uint32_t reads = 0; reads < shape_.rxCapacity && bytes < kBurstBytes; reads++) {
    if (pool_.available() == 0) {
      // What waits stays in the kernel's queue; nobody knows whether anything does.
      Count(Loss::RxNoBuffer);
      break;
    }
    const size_t at = region_->BufferAt(pool_.Next()) + kHeadroom;
    uint8_t* frame = region_->base() + at;
    // The header, if there is one, comes to lie in the headroom.
    const ssize_t got = read(fd_, frame - prefix_, prefix_ + room);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && !GoneBy(errno)) Count(Loss::RxError);
      break;
    }
    if (static_cast<size_t>(got) < prefix_ + kEthernetHeader) {
      Count(Loss::RxRunt);
      continue;
    }
    const size_t length = static_cast<size_t>(got) - prefix_;
    // The kernel cuts a frame that does not fit, silently. Buffers are sized so that one that fits leaves a byte.
    if (length == room) {
      Count(Loss::RxOversized);
      continue;
    }
    if (prefix_ == 0) {
      descriptor[kFlags] = 0;
    } else {
      VirtioHeader header;
      memcpy(&header, frame - prefix_, sizeof header);
      if (!ReadVirtioHeader(header, frame, length, descriptor)) {
        Count(Loss::RxError);
        continue;
      }
    }
    const int32_t handle = pool_.Take();
    ownership_->Set(handle, me_);
    descriptor[kHandle] = handle;
    descriptor[kOffset] = static_cast<int32_t>(at);
    descriptor[kLength] = static_cast<int32_t>(length);
    descriptor += kDescriptorWords;
    received++;
    bytes += length;
  }
  counters_.rxFrames += static_cast<uint64_t>(received);
  counters_.rxBytes += bytes;
  return received;
}

// EBADFD: the descriptor was detached because the interface was deleted (tun_chr_read_iter, tun_chr_write_iter).
bool TapQueue::GoneBy(int error) {
  if (error != EBADFD && error != ENODEV && error != ENXIO) return false;
  SetState(LinkState::Gone);
  return true;
}

}  // namespace lunetta
