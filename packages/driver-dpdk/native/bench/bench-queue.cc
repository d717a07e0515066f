#include "bench-queue.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_prefetch.h>

#include <cstring>
#include <utility>

namespace lunetta {

namespace {

constexpr uint16_t kBurst = 64;
constexpr uint16_t kPrefetch = 4;

EchoBaseline::Application ApplicationOf(Work work) {
  if (work == Work::UdpEchoView) return EchoBaseline::Application::SendView;
  if (work == Work::UdpEchoCopy) return EchoBaseline::Application::SendCopy;
  return EchoBaseline::Application::Reply;
}

// Whether the answer is another frame than the request.
bool Sends(Work work) { return work == Work::UdpEchoView || work == Work::UdpEchoCopy; }

// Of the timestamp counter. A loop is over when no frame has arrived for a second.
class Watch {
 public:
  bool IsIdle() const { return rte_get_tsc_cycles() - lastFrameAt_ > hertz_; }
  void Frames() { lastFrameAt_ = rte_get_tsc_cycles(); }
  double Seconds() const { return static_cast<double>(rte_get_tsc_cycles() - begin_) / static_cast<double>(hertz_); }

 private:
  uint64_t hertz_ = rte_get_tsc_hz();
  uint64_t begin_ = rte_get_tsc_cycles();
  uint64_t lastFrameAt_ = begin_;
};

void SwapMacs(uint8_t* frame) {
  auto* ethernet = reinterpret_cast<rte_ether_hdr*>(frame);
  std::swap(ethernet->dst_addr, ethernet->src_addr);
}

}  // namespace

BenchQueue::BenchQueue(const QueueRequest& request, std::shared_ptr<DpdkQueue> queue, std::shared_ptr<FrameStore> store,
                       Stamp stamp, std::unique_ptr<EchoBaseline> baseline)
    : port_(request.port),
      store_(std::move(store)),
      queue_(std::move(queue)),
      own_(DpdkQueue::Make(request, store_)),
      arrays_(own_->arrayBase(), own_->layout()),
      stamp_(std::move(stamp)),
      baseline_(std::move(baseline)) {
  own_->SetState(queue_->state());
}

int32_t BenchQueue::PollStamped(DpdkQueue& queue, int32_t txCount) {
  const int32_t received = queue.Poll(txCount);
  const int32_t* descriptor = queue.received();
  uint8_t* base = store_->base();
  for (int32_t i = 0; i < received; i++) stamp_.Write(base + descriptor[static_cast<size_t>(i) * kDescriptorWords + kOffset]);
  return received;
}

uint32_t BenchQueue::DoWork(Work work, uint8_t* frame, uint32_t length, uint8_t* spare) {
  if (work != Work::Macswap) return baseline_->Input(frame, length, spare);
  SwapMacs(frame);
  return length;
}

void BenchQueue::Seed(uint32_t frames, uint32_t length, uint8_t byte) {
  std::vector<rte_mbuf*> mbufs(store_->available());
  if (rte_pktmbuf_alloc_bulk(store_->pool(), mbufs.data(), static_cast<unsigned>(mbufs.size())) != 0) return;
  for (rte_mbuf* mbuf : mbufs) {
    memset(mbuf->buf_addr, byte, mbuf->buf_len);
    mbuf->data_len = static_cast<uint16_t>(length);
    mbuf->pkt_len = length;
  }
  const uint16_t sent = rte_eth_tx_burst(port_, 0, mbufs.data(), static_cast<uint16_t>(frames));
  rte_pktmbuf_free_bulk(mbufs.data() + sent, static_cast<unsigned>(mbufs.size() - sent));
}

LoopResult BenchQueue::Run(Work work, uint64_t frames) {
  baseline_->SetApplication(ApplicationOf(work));
  LoopResult result{0, 0, 0};
  Watch watch;
  while (result.frames < frames && !watch.IsIdle()) {
    const int32_t received = PollStamped(*own_, queued_);
    const int32_t sent = arrays_.counts[kCountSent];
    if (sent < queued_) {
      const size_t left = static_cast<size_t>(queued_ - sent) * kDescriptorWords * sizeof(int32_t);
      memmove(arrays_.tx, arrays_.tx + static_cast<size_t>(sent) * kDescriptorWords, left);
    }
    queued_ -= sent;
    WorkOff(work, received, &result);
    if (received > 0) watch.Frames();
  }
  result.seconds = watch.Seconds();
  return result;
}

// The device under measurement sends all that it is given and no chains: there is room for a burst of answers.
void BenchQueue::WorkOff(Work work, int32_t received, LoopResult* result) {
  uint8_t* base = store_->base();
  int32_t* counts = arrays_.counts;
  const bool sends = Sends(work);
  const int32_t* descriptor = arrays_.rx;
  for (int32_t i = 0; i < received; i++, descriptor += kDescriptorWords) {
    const int32_t handle = descriptor[kHandle], offset = descriptor[kOffset];
    int32_t spareHandle = -1, spareAt = 0;
    if (sends) {
      spareHandle = arrays_.stock[counts[kCountStock] - 1];
      spareAt = static_cast<int32_t>(store_->grid().At(spareHandle)) + RTE_PKTMBUF_HEADROOM;
    }
    const uint32_t length = DoWork(work, base + offset, static_cast<uint32_t>(descriptor[kLength]), base + spareAt);
    if (length > 0 && !sends) {
      Transmit(handle, offset, length);
      continue;
    }
    arrays_.free[counts[kCountFree]++] = handle;
    if (length > 0) {
      counts[kCountStock]--;
      Transmit(spareHandle, spareAt, length);
    } else {
      result->dropped++;
    }
  }
  result->frames += static_cast<uint64_t>(received);
}

inline void BenchQueue::Transmit(int32_t handle, int32_t offset, uint32_t length) {
  int32_t* descriptor = arrays_.tx + static_cast<size_t>(queued_++) * kDescriptorWords;
  descriptor[kHandle] = handle;
  descriptor[kOffset] = offset;
  descriptor[kLength] = static_cast<int32_t>(length);
  descriptor[kFlags] = 0;
}

LoopResult BenchQueue::RunBare(Work work, uint64_t frames, bool stamped) {
  baseline_->SetApplication(EchoBaseline::Application::Reply);
  rte_mbuf* mbufs[kBurst];
  LoopResult result{0, 0, 0};
  Watch watch;
  while (result.frames < frames && !watch.IsIdle()) {
    const uint16_t count = rte_eth_rx_burst(port_, 0, mbufs, kBurst);
    if (count == 0) continue;
    for (uint16_t i = 0; i < count && i < kPrefetch; i++) rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
    uint16_t ready = 0;
    for (uint16_t i = 0; i < count; i++) {
      if (i + kPrefetch < count) rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + kPrefetch], void*));
      auto* frame = rte_pktmbuf_mtod(mbufs[i], uint8_t*);
      if (stamped) stamp_.Write(frame);
      if (DoWork(work, frame, mbufs[i]->pkt_len, frame) > 0) {
        mbufs[ready++] = mbufs[i];
      } else {
        result.dropped++;
        rte_pktmbuf_free(mbufs[i]);
      }
    }
    const uint16_t sent = rte_eth_tx_burst(port_, 0, mbufs, ready);
    if (sent < ready) rte_pktmbuf_free_bulk(mbufs + sent, static_cast<unsigned>(ready - sent));
    result.frames += count;
    watch.Frames();
  }
  result.seconds = watch.Seconds();
  return result;
}

void BenchQueue::Close() {
  for (int32_t i = 0; i < queued_; i++) {
    arrays_.free[arrays_.counts[kCountFree]++] = arrays_.tx[static_cast<size_t>(i) * kDescriptorWords + kHandle];
  }
  queued_ = 0;
  own_->Close();
}

}  // namespace lunetta
