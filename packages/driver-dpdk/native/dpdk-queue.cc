#include "dpdk-queue.h"

#include <rte_errno.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "dpdk-error.h"

namespace lunetta {

namespace {

constexpr int kPoison = 0xdb;
constexpr uint32_t kIndirects = 16384;
constexpr uint32_t kIndirectCache = 128;
// What a short tx ring may take at most in one call.
constexpr uint32_t kMaxRun = 512;

// The TX_ requests that a port serves which is configured for these offloads.
int32_t TxRequests(uint64_t offloads) {
  int32_t requests = 0;
  if ((offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0) requests |= kTxIpChecksum;
  if ((offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0) requests |= kTxUdpChecksum;
  if ((offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0) requests |= kTxTcpChecksum;
  if ((offloads & RTE_ETH_TX_OFFLOAD_TCP_TSO) != 0) requests |= kTxTso;
  if ((offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT) != 0) requests |= kTxVlanInsert;
  return requests;
}

}  // namespace

rte_mempool* IndirectPool() {
  static std::mutex mutex;
  static rte_mempool* pool = nullptr;
  std::lock_guard<std::mutex> lock(mutex);
  if (pool == nullptr) {
    pool = rte_pktmbuf_pool_create("lunetta_lent", kIndirects, kIndirectCache, 0, 0, SOCKET_ID_ANY);
    if (pool == nullptr) throw DpdkError("memory", rte_errno);
  }
  return pool;
}

std::shared_ptr<DpdkQueue> DpdkQueue::Make(const QueueRequest& request, std::shared_ptr<FrameStore> store) {
  std::vector<uint8_t> bytes(ArrayLayout(request.shape).size);
  return std::make_shared<DpdkQueue>(request, std::move(store), std::move(bytes));
}

DpdkQueue::DpdkQueue(const QueueRequest& request, std::shared_ptr<FrameStore> store, std::vector<uint8_t> arrayBytes)
    : CheckedQueue(QueueArrays(arrayBytes.data(), ArrayLayout(request.shape)), request.shape, store->grid(),
                   store->ownership(), request.owner, TxRequests(request.txOffloads)),
      port_(request.port),
      queue_(request.queue),
      store_(std::move(store)),
      arrayBytes_(std::move(arrayBytes)),
      maxRxSegments_(request.maxRxSegments),
      mtu_(request.mtu),
      cutOverhead_(request.cutOverhead),
      takesChains_((request.txOffloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0),
      poison_(request.poison),
      indirects_(IndirectPool()),
      returned_(request.shape.buffers),
      run_(std::min(request.shape.txCapacity, kMaxRun)),
      ready_(run_.size()),
      lending_(request.shape.txCapacity),
      lent_(request.shape.buffers),
      arrived_(request.shape.rxCapacity / request.maxRxSegments) {
  SetState(LinkState::Down);
}

void DpdkQueue::SetState(LinkState state) {
  state_ = state;
  arrays_.counts[kCountState] = static_cast<int32_t>(state);
}

int32_t DpdkQueue::Poll(int32_t txCount) {
  if (closed_) return 0;
  SettleStock();
  TakeBack();
  const int32_t sent = txCount == 0 ? 0 : Send(txCount);
  if (lentCount_ > 0) CollectLent(sent > 0);
  SettleDone();
  GiveReturned();
  FillStock();
  const int32_t received = Receive();
  arrays_.counts[kCountSent] = sent;
  arrays_.counts[kCountState] = static_cast<int32_t>(state_);
  return received;
}

void DpdkQueue::Close() {
  if (closed_) return;
  TakeAllBack();
  for (; lentCount_ > 0; lentCount_--) {
    const int32_t handle = lent_[lentHead_];
    lentHead_ = (lentHead_ + 1) % static_cast<uint32_t>(lent_.size());
    ownership_->Set(handle, kOwnerDriver);
    // Goes to the pool when the device is finished with it.
    rte_pktmbuf_free(store_->MbufOf(handle));
  }
  GiveReturned();
  closed_ = true;
}

// ---- buffers ----

void DpdkQueue::Put(int32_t handle) {
  if (poison_) memset(store_->BufferOf(handle), kPoison, grid_.size);
  returned_[returnedCount_++] = store_->MbufOf(handle);
}

void DpdkQueue::GiveReturned() {
  if (returnedCount_ == 0) return;
  rte_mempool_put_bulk(store_->pool(), reinterpret_cast<void* const*>(returned_.data()), returnedCount_);
  returnedCount_ = 0;
}

bool DpdkQueue::TakeForStock(int32_t* handle) {
  void* mbuf;
  if (rte_mempool_get(store_->pool(), &mbuf) != 0) return false;
  *handle = store_->HandleOf(static_cast<rte_mbuf*>(mbuf));
  return true;
}

// Lent buffers that the device is finished with: nothing but our own reference is left.
void DpdkQueue::CollectLent(bool sent) {
  const uint32_t before = lentCount_;
  while (lentCount_ > 0 && rte_mbuf_refcnt_read(store_->MbufOf(lent_[lentHead_])) == 1) {
    ShowDone(lent_[lentHead_]);
    lentHead_ = (lentHead_ + 1) % static_cast<uint32_t>(lent_.size());
    lentCount_--;
  }
  // Devices look at what they have sent when they are given more; a device with nothing to send must be asked.
  if (!sent && lentCount_ == before && state_ == LinkState::Up) rte_eth_tx_done_cleanup(port_, queue_, 0);
}

}  // namespace lunetta
