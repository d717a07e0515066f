#include "bench-queue.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_prefetch.h>

#include <utility>

namespace lunetta {

namespace {

constexpr uint16_t kBurst = 64;
constexpr uint16_t kPrefetch = 4;

void SwapMacs(uint8_t* frame) {
  auto* ethernet = reinterpret_cast<rte_ether_hdr*>(frame);
  std::swap(ethernet->dst_addr, ethernet->src_addr);
}

}  // namespace

BenchQueue::BenchQueue(std::shared_ptr<DpdkQueue> queue, uint16_t port, Stamp stamp, std::unique_ptr<EchoBaseline> baseline)
    : queue_(std::move(queue)), port_(port), stamp_(std::move(stamp)), baseline_(std::move(baseline)), copy_(65536) {}

int32_t BenchQueue::Poll(int32_t txCount) {
  const int32_t received = queue_->Poll(txCount);
  const int32_t* descriptor = queue_->received();
  uint8_t* base = queue_->store().base();
  for (int32_t i = 0; i < received; i++) stamp_.Write(base + descriptor[static_cast<size_t>(i) * kDescriptorWords + kOffset]);
  return received;
}

bool BenchQueue::DoWork(Work work, uint8_t* frame, uint32_t length) {
  switch (work) {
    case Work::Macswap:
      SwapMacs(frame);
      return true;
    case Work::UdpEcho:
    case Work::UdpEchoView:
      return baseline_->Input(frame, length);
    case Work::UdpEchoCopy:
      // An application that takes a copy, and answers out of it.
      memcpy(copy_.data(), frame + Stamp::kHeaders, length - Stamp::kHeaders);
      if (!baseline_->Input(frame, length)) return false;
      memcpy(frame + Stamp::kHeaders, copy_.data(), length - Stamp::kHeaders);
      return true;
  }
  return false;
}

void BenchQueue::Seed(uint32_t frames, uint32_t length, uint8_t byte) {
  rte_mempool* pool = queue_->store().pool();
  std::vector<rte_mbuf*> mbufs(queue_->store().available());
  if (rte_pktmbuf_alloc_bulk(pool, mbufs.data(), static_cast<unsigned>(mbufs.size())) != 0) return;
  for (rte_mbuf* mbuf : mbufs) {
    memset(mbuf->buf_addr, byte, mbuf->buf_len);
    mbuf->data_len = static_cast<uint16_t>(length);
    mbuf->pkt_len = length;
  }
  const uint16_t sent = rte_eth_tx_burst(port_, 0, mbufs.data(), static_cast<uint16_t>(frames));
  rte_pktmbuf_free_bulk(mbufs.data() + sent, static_cast<unsigned>(mbufs.size() - sent));
}

LoopResult BenchQueue::Run(Work work, uint64_t frames, bool stamped) {
  rte_mbuf* mbufs[kBurst];
  LoopResult result{0, 0, 0};
  const uint64_t hertz = rte_get_tsc_hz();
  const uint64_t begin = rte_get_tsc_cycles();
  uint64_t lastFrameAt = begin;
  while (result.frames < frames) {
    const uint16_t count = rte_eth_rx_burst(port_, 0, mbufs, kBurst);
    if (count == 0) {
      if (rte_get_tsc_cycles() - lastFrameAt > hertz) break;
      continue;
    }
    for (uint16_t i = 0; i < count && i < kPrefetch; i++) rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
    uint16_t ready = 0;
    for (uint16_t i = 0; i < count; i++) {
      if (i + kPrefetch < count) rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + kPrefetch], void*));
      auto* frame = rte_pktmbuf_mtod(mbufs[i], uint8_t*);
      if (stamped) stamp_.Write(frame);
      if (DoWork(work, frame, mbufs[i]->pkt_len)) {
        mbufs[ready++] = mbufs[i];
      } else {
        result.dropped++;
        rte_pktmbuf_free(mbufs[i]);
      }
    }
    const uint16_t sent = rte_eth_tx_burst(port_, 0, mbufs, ready);
    if (sent < ready) rte_pktmbuf_free_bulk(mbufs + sent, static_cast<unsigned>(ready - sent));
    result.frames += count;
    lastFrameAt = rte_get_tsc_cycles();
  }
  result.seconds = static_cast<double>(rte_get_tsc_cycles() - begin) / static_cast<double>(hertz);
  return result;
}

}  // namespace lunetta
