// The sending half of DpdkQueue.
#include <algorithm>
#include <cstring>

#include "dpdk-queue.h"

namespace lunetta {

int32_t DpdkQueue::Send(int32_t txCount) {
  const int32_t end = Clamp(txCount, shape_.txCapacity);
  int32_t accepted = 0;
  for (int32_t first = 0; first < end;) {
    first = AddPlainFrames(first, end);
    if (first == end) break;
    const int32_t next = (Flags(first) & kMore) == 0 ? first + 1 : EndOfFrame(first, end);
    Refusal refusal;
    Loss loss = Loss::kSize;
    bool good = ClaimFrame(first, next, &refusal);
    const int32_t* descriptor = arrays_.tx + static_cast<size_t>(first) * kDescriptorWords;
    if (good && (descriptor[kFlags] & kTxOffloads) != 0 && !OffloadsFit(descriptor)) {
      refusal = Refusal::Offload;
      good = false;
    }
    if (good && !Obstacle(first, &loss)) {
      const bool mustCopy = segmentCount_ > 1 && !takesChains_;
      if ((mustCopy || runCount_ == run_.size()) && !SendRun(&accepted)) break;
      if (mustCopy) {
        if (!SendCopy(descriptor)) break;
        accepted = first = next;
        continue;
      }
      rte_mbuf* mbuf = Build();
      if (mbuf == nullptr) break;
      if ((descriptor[kFlags] & kTxOffloads) != 0) RequestOffloads(mbuf, descriptor);
      run_[runCount_] = mbuf;
      ready_[runCount_++] = {next, static_cast<uint32_t>(frameLength_)};
      segmentCount_ = 0;
      first = next;
      continue;
    }
    // The frame comes to nothing, in its turn: after what stands before it.
    if (!SendRun(&accepted)) break;
    if (good) {
      Count(loss);
    } else {
      Count(refusal);
    }
    ReleaseAll();
    accepted = first = next;
  }
  // What was claimed and not built stays the stack's.
  UnclaimAll();
  if (runCount_ > 0) SendRun(&accepted);
  return accepted;
}

// Adds the plain frames from `first` on to the run, as far as they go and there is room; returns the descriptor after them.
// The checks of Send for the usual case, in a loop that the compiler can keep in registers.
int32_t DpdkQueue::AddPlainFrames(int32_t first, int32_t end) {
  if (state_ != LinkState::Up) return first;
  const uint32_t longest = mtu_ + kEthernetHeader + kVlanTag;
  const auto room = static_cast<uint16_t>(run_.size());
  const auto [owners, grid, mbufs, me] = FramesNow();
  rte_mbuf** const run = run_.data();
  Ready* const ready = ready_.data();
  const int32_t* descriptor = arrays_.tx + static_cast<size_t>(first) * kDescriptorWords;
  uint16_t count = runCount_;
  for (; first < end && count < room; first++, descriptor += kDescriptorWords) {
    const auto length = static_cast<uint32_t>(descriptor[kLength]);
    if (!IsPlainFrame(descriptor, owners, grid, me) || length > longest) break;
    const int32_t handle = descriptor[kHandle];
    owners.Set(handle, kOwnerDriver);
    rte_mbuf* mbuf = mbufs.At(handle);
    mbuf->data_off = static_cast<uint16_t>(static_cast<size_t>(descriptor[kOffset]) - grid.At(handle));
    mbuf->data_len = static_cast<uint16_t>(length);
    mbuf->pkt_len = length;
    mbuf->ol_flags = 0;
    run[count] = mbuf;
    ready[count++] = {first + 1, length};
  }
  runCount_ = count;
  return first;
}

// Whether a good frame cannot be sent, and is lost.
bool DpdkQueue::Obstacle(int32_t first, Loss* loss) const {
  if (state_ != LinkState::Up) {
    *loss = state_ == LinkState::Gone ? Loss::TxGone : Loss::TxDown;
    return true;
  }
  const bool isCut = (Flags(first) & kTxTso) != 0;
  if (isCut ? LongestCut(arrays_.tx + static_cast<size_t>(first) * kDescriptorWords) == 0 : frameLength_ > mtu_ + kEthernetHeader + kVlanTag) {
    *loss = Loss::TxTooLong;
    return true;
  }
  if (segmentCount_ > 1 && !takesChains_ && frameLength_ > grid_.size) {
    *loss = Loss::TxLinearize;
    return true;
  }
  return false;
}

// The most text of a segment that the device may make of a frame: a longer one it would refuse for ever. 0: not any.
uint32_t DpdkQueue::LongestCut(const int32_t* descriptor) const {
  const auto lengths = static_cast<uint32_t>(descriptor[kHeaderLengths]);
  const uint32_t headers = (lengths & 0xff) + (lengths >> 8 & 0xff) + (lengths >> 16 & 0xff);
  return mtu_ + cutOverhead_ > headers ? mtu_ + cutOverhead_ - headers : 0;
}

// Gives the run to the device. False if it did not take all of it; the rest is the stack's again.
bool DpdkQueue::SendRun(int32_t* accepted) {
  uint16_t at = 0;
  while (at < runCount_) {
    const auto count = static_cast<uint16_t>(runCount_ - at);
    const uint16_t prepared = needsPrepare_ ? rte_eth_tx_prepare(port_, queue_, &run_[at], count) : count;
    const uint16_t sent = prepared == 0 ? 0 : rte_eth_tx_burst(port_, queue_, &run_[at], prepared);
    Accept(at, static_cast<uint16_t>(at + sent), accepted);
    at = static_cast<uint16_t>(at + sent);
    if (sent < prepared) break;
    if (prepared == count) continue;
    // The device cannot send this one.
    Count(Loss::TxPrepare);
    DropBuilt(run_[at]);
    *accepted = ready_[at++].end;
  }
  const bool all = at == runCount_;
  for (; at < runCount_; at++) GiveBackToStack(run_[at]);
  runCount_ = 0;
  lendingCount_ = 0;
  needsPrepare_ = false;
  return all;
}

void DpdkQueue::Accept(uint16_t first, uint16_t end, int32_t* accepted) {
  if (first == end) return;
  uint64_t bytes = 0;
  for (uint16_t i = first; i < end; i++) bytes += ready_[i].length;
  counters_.txFrames += static_cast<uint64_t>(end - first);
  counters_.txBytes += bytes;
  *accepted = ready_[end - 1].end;
  for (uint32_t i = 0; i < lendingCount_; i++) {
    const Lending& lending = lending_[i];
    if (lending.frame < first || lending.frame >= end) continue;
    lent_[(lentHead_ + lentCount_++) % static_cast<uint32_t>(lent_.size())] = lending.handle;
  }
}

// A built frame is finished with, unsent.
void DpdkQueue::DropBuilt(rte_mbuf* mbuf) {
  for (rte_mbuf* next; mbuf != nullptr; mbuf = next) {
    next = mbuf->next;
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
    if (mbuf->pool != store_->pool()) {
      const int32_t handle = store_->HandleOf(rte_mbuf_from_indirect(mbuf));
      rte_pktmbuf_free_seg(mbuf);
      ShowDone(handle);
    } else {
      Put(store_->HandleOf(mbuf));
    }
  }
}

// A built frame was not accepted.
void DpdkQueue::GiveBackToStack(rte_mbuf* mbuf) {
  for (rte_mbuf* next; mbuf != nullptr; mbuf = next) {
    next = mbuf->next;
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
    const bool isLent = mbuf->pool != store_->pool();
    ownership_->Set(store_->HandleOf(isLent ? rte_mbuf_from_indirect(mbuf) : mbuf), me_);
    if (isLent) rte_pktmbuf_free_seg(mbuf);
  }
}

// ---- frames for the device ----

// The claimed frame as mbufs. Null if there are no mbufs to lend its segments by; the frame stays claimed then.
inline rte_mbuf* DpdkQueue::Build() {
  const Segment& segment = segments_[0];
  if (segmentCount_ > 1 || segment.keep()) return BuildChain();
  rte_mbuf* mbuf = store_->MbufOf(segment.handle);
  ownership_->Set(segment.handle, kOwnerDriver);
  mbuf->data_off = static_cast<uint16_t>(static_cast<size_t>(segment.offset) - grid_.At(segment.handle));
  mbuf->data_len = static_cast<uint16_t>(segment.length);
  mbuf->pkt_len = static_cast<uint32_t>(segment.length);
  mbuf->ol_flags = 0;
  return mbuf;
}

rte_mbuf* DpdkQueue::BuildChain() {
  const uint32_t lendingBefore = lendingCount_;
  rte_mbuf* head = nullptr;
  rte_mbuf* tail = nullptr;
  for (uint32_t i = 0; i < segmentCount_; i++) {
    rte_mbuf* mbuf = BuildSegment(segments_[i]);
    if (mbuf == nullptr) {
      if (head != nullptr) GiveBackToStack(head);
      lendingCount_ = lendingBefore;
      return nullptr;
    }
    if (head == nullptr) {
      head = mbuf;
    } else {
      tail->next = mbuf;
    }
    tail = mbuf;
  }
  head->nb_segs = static_cast<uint16_t>(segmentCount_);
  head->pkt_len = static_cast<uint32_t>(frameLength_);
  return head;
}

// A lent segment goes out as an mbuf that refers to the buffer: the device, or whoever it hands the mbuf to, may then free
// it wherever and whenever it likes.
rte_mbuf* DpdkQueue::BuildSegment(const Segment& segment) {
  rte_mbuf* mbuf = store_->MbufOf(segment.handle);
  mbuf->data_off = static_cast<uint16_t>(static_cast<size_t>(segment.offset) - grid_.At(segment.handle));
  mbuf->data_len = static_cast<uint16_t>(segment.length);
  mbuf->pkt_len = static_cast<uint32_t>(segment.length);
  mbuf->ol_flags = 0;
  ownership_->Set(segment.handle, segment.keep() ? kOwnerLent : kOwnerDriver);
  if (!segment.keep()) return mbuf;
  rte_mbuf* indirect = rte_pktmbuf_alloc(indirects_);
  if (indirect == nullptr) return nullptr;
  rte_pktmbuf_attach(indirect, mbuf);
  lending_[lendingCount_++] = {runCount_, segment.handle};
  return indirect;
}

// For a device that takes one segment a frame: sends the claimed frame as a copy in one buffer. False if there is no
// buffer, or the device does not take it; the frame stays claimed then.
bool DpdkQueue::SendCopy(const int32_t* descriptor) {
  int32_t handle;
  if (!TakeForStock(&handle)) return false;
  rte_mbuf* mbuf = store_->MbufOf(handle);
  mbuf->data_off = 0;
  mbuf->data_len = static_cast<uint16_t>(frameLength_);
  mbuf->pkt_len = static_cast<uint32_t>(frameLength_);
  mbuf->ol_flags = 0;
  uint8_t* to = store_->BufferOf(handle);
  for (uint32_t i = 0; i < segmentCount_; i++) {
    memcpy(to, store_->base() + segments_[i].offset, static_cast<size_t>(segments_[i].length));
    to += segments_[i].length;
  }
  if ((descriptor[kFlags] & kTxOffloads) != 0) RequestOffloads(mbuf, descriptor);
  const bool isReady = !needsPrepare_ || rte_eth_tx_prepare(port_, queue_, &mbuf, 1) == 1;
  needsPrepare_ = false;
  if (isReady && rte_eth_tx_burst(port_, queue_, &mbuf, 1) == 0) {
    Put(handle);
    return false;
  }
  if (isReady) {
    counters_.txFrames++;
    counters_.txBytes += frameLength_;
  } else {
    Count(Loss::TxPrepare);
    Put(handle);
  }
  ReleaseAll();
  return true;
}

void DpdkQueue::RequestOffloads(rte_mbuf* mbuf, const int32_t* descriptor) {
  const int32_t flags = descriptor[kFlags];
  const auto lengths = static_cast<uint32_t>(descriptor[kHeaderLengths]);
  mbuf->l2_len = lengths & 0xff;
  mbuf->l3_len = lengths >> 8 & 0xff;
  mbuf->l4_len = lengths >> 16 & 0xff;
  uint64_t requests = 0;
  if ((flags & kTxVlanInsert) != 0) {
    requests |= RTE_MBUF_F_TX_VLAN;
    mbuf->vlan_tci = static_cast<uint16_t>(descriptor[kVlanAndMss]);
  }
  if ((flags & kTxIpChecksum) != 0) requests |= RTE_MBUF_F_TX_IP_CKSUM;
  if ((flags & kTxUdpChecksum) != 0) requests |= RTE_MBUF_F_TX_UDP_CKSUM;
  if ((flags & (kTxTcpChecksum | kTxTso)) != 0) requests |= RTE_MBUF_F_TX_TCP_CKSUM;
  if ((flags & kTxTso) != 0) {
    requests |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IP_CKSUM;
    mbuf->tso_segsz = static_cast<uint16_t>(std::min(static_cast<uint32_t>(descriptor[kVlanAndMss]) >> 16, LongestCut(descriptor)));
  }
  if ((requests & ~RTE_MBUF_F_TX_VLAN) != 0) {
    const bool isIpv6 = (store_->base()[descriptor[kOffset] + mbuf->l2_len] >> 4) == 6;
    requests |= isIpv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
    if (isIpv6) requests &= ~RTE_MBUF_F_TX_IP_CKSUM;
  }
  mbuf->ol_flags |= requests;
  needsPrepare_ = true;
}

}  // namespace lunetta
