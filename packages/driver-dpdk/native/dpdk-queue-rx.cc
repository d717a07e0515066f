// The receiving half of DpdkQueue.
#include <rte_ip.h>
#include <rte_prefetch.h>

#include <cstring>

#include "dpdk-queue.h"

namespace lunetta {

namespace {

// docs of LinkQueue.rx: the first segment of a chain.
constexpr uint32_t kMinFirstSegment = 256;
constexpr uint32_t kPrefetch = 4;
// refcnt and nb_segs, which stand side by side, of a frame that is one buffer and nobody else's.
constexpr uint32_t kPlain = 1u | 1u << 16;

uint32_t ReferencesAndSegments(const rte_mbuf* mbuf) {
  uint32_t both;
  static_assert(offsetof(rte_mbuf, nb_segs) == offsetof(rte_mbuf, refcnt) + 2);
  memcpy(&both, &mbuf->refcnt, sizeof both);
  return both;
}

bool IsIndirect(const rte_mbuf* mbuf) { return (mbuf->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) != 0; }

}  // namespace

int32_t DpdkQueue::Receive() {
  if (state_ != LinkState::Up) return 0;
  const uint16_t count = rte_eth_rx_burst(port_, queue_, arrived_.data(), static_cast<uint16_t>(arrived_.size()));
  const rte_mempool* pool = store_->pool();
  const Frames frames = FramesNow();
  rte_mbuf* const* const arrived = arrived_.data();
  int32_t* descriptor = arrays_.rx;
  uint64_t bytes = 0;
  int32_t shown = 0;
  uint32_t counted = 0;
  for (uint16_t i = 0; i < count && i < kPrefetch; i++) rte_prefetch0(arrived[i]);
  for (uint16_t i = 0; i < count; i++) {
    if (i + kPrefetch < count) rte_prefetch0(arrived[i + kPrefetch]);
    rte_mbuf* mbuf = arrived[i];
    const uint32_t length = mbuf->pkt_len;
    int32_t segments;
    if (likely(mbuf->pool == pool && ReferencesAndSegments(mbuf) == kPlain && mbuf->data_off >= RTE_PKTMBUF_HEADROOM &&
               length >= kEthernetHeader && !IsIndirect(mbuf))) {
      // The stack is about to read it.
      rte_prefetch0(rte_pktmbuf_mtod(mbuf, void*));
      Describe(mbuf, frames, descriptor);
      segments = 1;
    } else {
      segments = Show(mbuf, descriptor);
      if (segments == 0) continue;
    }
    descriptor += static_cast<size_t>(segments) * kDescriptorWords;
    shown += segments;
    bytes += length;
    counted++;
  }
  counters_.rxFrames += counted;
  counters_.rxBytes += bytes;
  return shown;
}

inline void DpdkQueue::Describe(const rte_mbuf* mbuf, const Frames& frames, int32_t* descriptor) {
  const int32_t handle = frames.mbufs.HandleOf(mbuf);
  frames.owners.Set(handle, frames.me);
  descriptor[kHandle] = handle;
  descriptor[kOffset] = static_cast<int32_t>(frames.grid.At(handle) + mbuf->data_off);
  descriptor[kLength] = mbuf->data_len;
  int32_t flags = 0;
  if (mbuf->ol_flags != 0) {
    flags = RxFlags(mbuf);
    descriptor[kVlanAndMss] = mbuf->vlan_tci;
    descriptor[kRssHash] = static_cast<int32_t>(mbuf->hash.rss);
  }
  descriptor[kFlags] = flags;
}

// A frame that is not simply one buffer of ours: a chain, a buffer of another memory, one that others refer to, or one
// with too little room before it (who passed it to us through a ring began it further in front). Returns the number of
// descriptors; 0: the frame is lost, and counted.
int32_t DpdkQueue::Show(rte_mbuf* mbuf, int32_t* descriptor) {
  if (mbuf->pkt_len < kEthernetHeader) {
    Count(Loss::RxRunt);
    rte_pktmbuf_free(mbuf);
    return 0;
  }
  if (CanShowChain(mbuf)) return ShowChain(mbuf, descriptor);
  rte_mbuf* copy = CopyIn(mbuf);
  rte_pktmbuf_free(mbuf);
  if (copy == nullptr) return 0;
  Describe(copy, FramesNow(), descriptor);
  return 1;
}

bool DpdkQueue::CanShowChain(const rte_mbuf* mbuf) const {
  if (mbuf->nb_segs < 2 || mbuf->nb_segs > maxRxSegments_) return false;
  if (mbuf->data_off < RTE_PKTMBUF_HEADROOM || mbuf->data_len < kMinFirstSegment) return false;
  for (; mbuf != nullptr; mbuf = mbuf->next) {
    if (mbuf->pool != store_->pool() || IsIndirect(mbuf) || rte_mbuf_refcnt_read(mbuf) != 1 || mbuf->data_len == 0) return false;
  }
  return true;
}

int32_t DpdkQueue::ShowChain(rte_mbuf* mbuf, int32_t* descriptor) {
  descriptor[kFrameLength] = static_cast<int32_t>(mbuf->pkt_len);
  int32_t segments = 0;
  for (rte_mbuf* next; mbuf != nullptr; mbuf = next) {
    next = mbuf->next;
    const uint64_t flags = mbuf->ol_flags;
    if (segments > 0) mbuf->ol_flags = 0;
    Describe(mbuf, FramesNow(), descriptor);
    mbuf->ol_flags = flags;
    if (next != nullptr) descriptor[kFlags] |= kMore;
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
    descriptor += kDescriptorWords;
    segments++;
  }
  return segments;
}

// The frame in a buffer of ours; null if there is none, or it does not fit (counted).
rte_mbuf* DpdkQueue::CopyIn(rte_mbuf* mbuf) {
  if (mbuf->pkt_len > grid_.size - RTE_PKTMBUF_HEADROOM) {
    Count(Loss::RxOversized);
    return nullptr;
  }
  int32_t handle;
  if (!TakeForStock(&handle)) {
    Count(Loss::RxNoBuffer);
    return nullptr;
  }
  rte_mbuf* copy = store_->MbufOf(handle);
  copy->data_off = RTE_PKTMBUF_HEADROOM;
  copy->data_len = static_cast<uint16_t>(mbuf->pkt_len);
  copy->pkt_len = mbuf->pkt_len;
  copy->ol_flags = mbuf->ol_flags & ~(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
  copy->packet_type = mbuf->packet_type;
  copy->vlan_tci = mbuf->vlan_tci;
  copy->hash = mbuf->hash;
  auto to = rte_pktmbuf_mtod(copy, uint8_t*);
  for (const rte_mbuf* segment = mbuf; segment != nullptr; segment = segment->next) {
    memcpy(to, rte_pktmbuf_mtod(segment, const uint8_t*), segment->data_len);
    to += segment->data_len;
  }
  counters_.rxCopied++;
  return copy;
}

// What the device says of a frame. "Good" of the transport's checksum is passed on only where a device can know it: some
// (igb) say so of fragments, and of datagrams without a checksum.
int32_t DpdkQueue::RxFlags(const rte_mbuf* mbuf) const {
  const uint64_t said = mbuf->ol_flags;
  int32_t flags = 0;
  const uint64_t ip = said & RTE_MBUF_F_RX_IP_CKSUM_MASK, l4 = said & RTE_MBUF_F_RX_L4_CKSUM_MASK;
  if (ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD) flags |= kRxIpChecksumGood;
  if (ip == RTE_MBUF_F_RX_IP_CKSUM_BAD) flags |= kRxIpChecksumBad;
  if (l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD) flags |= kRxL4ChecksumBad;
  if (l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD && HasL4Checksum(mbuf)) flags |= kRxL4ChecksumGood;
  if ((said & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) flags |= kRxVlanStripped;
  if ((said & RTE_MBUF_F_RX_RSS_HASH) != 0) flags |= kRxHash;
  return flags;
}

// Whether the frame is a whole TCP segment, or UDP datagram with a checksum, over IPv4 without VLAN tag.
bool DpdkQueue::HasL4Checksum(const rte_mbuf* mbuf) {
  constexpr uint32_t kUdpHeader = 8;
  const auto frame = rte_pktmbuf_mtod(mbuf, const uint8_t*);
  const auto ip = reinterpret_cast<const rte_ipv4_hdr*>(frame + kEthernetHeader);
  if (mbuf->data_len < kEthernetHeader + sizeof *ip || frame[12] != 0x08 || frame[13] != 0x00) return false;
  if ((ip->fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) != 0) return false;
  if (ip->next_proto_id == IPPROTO_TCP) return true;
  const size_t udpAt = kEthernetHeader + rte_ipv4_hdr_len(ip);
  if (ip->next_proto_id != IPPROTO_UDP || mbuf->data_len < udpAt + kUdpHeader) return false;
  return (frame[udpAt + 6] | frame[udpAt + 7]) != 0;
}

}  // namespace lunetta
