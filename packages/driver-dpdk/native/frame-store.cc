#include "frame-store.h"

#include <lunetta/internet-sum.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <vector>

#include "dpdk-error.h"

namespace lunetta {

namespace {

constexpr uint32_t kMaxCache = 256;
constexpr size_t kPage = 4096;

std::atomic<uint32_t> made{0};
std::mutex retiredMutex;
std::vector<std::shared_ptr<FrameStore>> retired;

uint32_t ElementSize(uint32_t dataRoom) {
  return static_cast<uint32_t>(sizeof(rte_mbuf)) + RTE_PKTMBUF_HEADROOM + dataRoom;
}

}  // namespace

size_t FrameStore::SizeFor(uint32_t buffers, uint32_t dataRoom) {
  rte_mempool_objsz size;
  rte_mempool_calc_obj_size(ElementSize(dataRoom), 0, &size);
  // One more for the alignment of the first.
  const size_t bytes = static_cast<size_t>(buffers + 1) * size.total_size;
  return (bytes + kPage - 1) / kPage * kPage;
}

FrameStore::FrameStore(const StoreRequest& request) : ownership_(request.buffers) {
  FreeRetired();
  const size_t size = SizeFor(request.buffers, request.dataRoom);
  // Offsets are int32 words whose bit 31 stays clear.
  if (size > INT32_MAX) throw DpdkError("memory", EOVERFLOW);
  const std::string name = "lunetta" + std::to_string(made++);
  try {
    Reserve(request, size, name);
    Populate(request, name);
  } catch (...) {
    Release();
    throw;
  }
}

FrameStore::~FrameStore() { Release(); }

void FrameStore::Reserve(const StoreRequest& request, size_t size, const std::string& name) {
  if (request.given != nullptr) {
    if (request.givenSize < size || reinterpret_cast<uintptr_t>(request.given) % kPage != 0) throw DpdkError("memory", EINVAL);
    if (rte_extmem_register(request.given, size, nullptr, 0, kPage) < 0) throw DpdkError("memory", rte_errno);
    registered_ = isGiven_ = true;
    base_ = request.given;
    iova_ = reinterpret_cast<rte_iova_t>(request.given);
  } else {
    const unsigned flags = request.contiguous ? RTE_MEMZONE_IOVA_CONTIG : 0;
    zone_ = rte_memzone_reserve_aligned(name.c_str(), size, request.socket, flags, kPage);
    if (zone_ == nullptr) zone_ = rte_memzone_reserve_aligned(name.c_str(), size, SOCKET_ID_ANY, flags, kPage);
    if (zone_ == nullptr) throw DpdkError("memory", rte_errno);
    base_ = static_cast<uint8_t*>(zone_->addr);
    iova_ = zone_->iova;
  }
  size_ = size;
}

void FrameStore::Populate(const StoreRequest& request, const std::string& name) {
  const uint32_t count = request.buffers;
  rte_pktmbuf_pool_private features{};
  features.mbuf_data_room_size = static_cast<uint16_t>(RTE_PKTMBUF_HEADROOM + request.dataRoom);
  // A cache may hold at most two thirds of the pool (rte_mempool.h).
  const uint32_t cache = std::min(kMaxCache, count / 4);
  pool_ = rte_mempool_create_empty(name.c_str(), count, ElementSize(request.dataRoom), cache, sizeof features,
                                   request.socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
  if (pool_ == nullptr) throw DpdkError("memory", rte_errno);
  Check("memory", rte_mempool_set_ops_byname(pool_, "ring_mp_mc", nullptr));
  rte_pktmbuf_pool_init(pool_, &features);
  const int populated = Check("memory", rte_mempool_populate_iova(pool_, reinterpret_cast<char*>(base_), iova_, size_, nullptr, nullptr));
  if (static_cast<uint32_t>(populated) < count) throw DpdkError("memory", ENOMEM);
  rte_mempool_obj_iter(pool_, rte_pktmbuf_init, nullptr);

  const size_t stride = pool_->header_size + pool_->elt_size + pool_->trailer_size;
  uint8_t* first = nullptr;
  rte_mempool_obj_iter(
      pool_,
      [](rte_mempool*, void* found, void* object, unsigned index) {
        if (index == 0) *static_cast<uint8_t**>(found) = static_cast<uint8_t*>(object);
      },
      &first);
  grid_ = {static_cast<size_t>(first - base_) + sizeof(rte_mbuf), stride, features.mbuf_data_room_size};
  mbufs_ = MbufGrid(first, stride);
  // The arithmetic of handles stands on this.
  for (uint32_t i = 0; i < count; i++) {
    const auto handle = static_cast<int32_t>(i);
    const rte_mbuf* mbuf = MbufOf(handle);
    if (mbuf->pool != pool_ || mbuf->buf_addr != BufferOf(handle) || HandleOf(mbuf) != handle) throw DpdkError("memory", EFAULT);
  }
}

void FrameStore::Release() {
  if (pool_ != nullptr) rte_mempool_free(pool_);
  if (zone_ != nullptr) rte_memzone_free(zone_);
  if (registered_) rte_extmem_unregister(base_, size_);
  pool_ = nullptr;
  zone_ = nullptr;
  registered_ = false;
}

uint32_t FrameStore::Sum(uint32_t at, uint32_t end) {
  if (pool_ == nullptr || at > end || end > size_) {
    refusedSums_++;
    return 0;
  }
  return InternetSum(base_ + at, end - at);
}

bool FrameStore::Leave(const std::shared_ptr<FrameStore>& store) {
  if (--store->users_ > 0) return false;
  {
    std::lock_guard<std::mutex> lock(retiredMutex);
    retired.push_back(store);
  }
  FreeRetired();
  return true;
}

// What a stack leaked is not the device's: nobody touches it any more.
void FrameStore::FreeRetired() {
  std::lock_guard<std::mutex> lock(retiredMutex);
  auto isFree = [](const std::shared_ptr<FrameStore>& store) {
    if (store->available() + store->OwnedByStacks() < store->buffers()) return false;
    store->Release();
    return true;
  };
  retired.erase(std::remove_if(retired.begin(), retired.end(), isFree), retired.end());
}

void FrameStore::TakeForgotten(uint32_t users) {
  if (users_ > users) return;
  const uint32_t expected = rte_mempool_avail_count(pool_);
  std::vector<void*> mbufs;
  std::vector<bool> isKnown(buffers());
  for (void* mbuf; rte_mempool_get(pool_, &mbuf) == 0; mbufs.push_back(mbuf)) {
    isKnown[static_cast<size_t>(HandleOf(static_cast<rte_mbuf*>(mbuf)))] = true;
  }
  // Else some lie in the cache of another thread, and cannot be told from forgotten ones.
  const bool isWhole = mbufs.size() == expected;
  for (uint32_t i = 0; isWhole && i < buffers(); i++) {
    const auto handle = static_cast<int32_t>(i);
    if (isKnown[i] || ownership_.Of(handle) != kOwnerDriver) continue;
    rte_mbuf* mbuf = MbufOf(handle);
    rte_mbuf_refcnt_set(mbuf, 1);
    mbuf->next = nullptr;
    mbuf->nb_segs = 1;
    mbufs.push_back(mbuf);
  }
  rte_mempool_put_bulk(pool_, mbufs.data(), static_cast<unsigned>(mbufs.size()));
}

uint32_t FrameStore::available() const {
  return pool_ != nullptr ? rte_mempool_avail_count(pool_) : buffers() - OwnedByStacks();
}

uint32_t FrameStore::OwnedByStacks() const {
  uint32_t count = 0;
  for (uint32_t i = 0; i < buffers(); i++) {
    const uint8_t owner = ownership_.Of(static_cast<int32_t>(i));
    if (owner == kOwnerStock || owner >= kOwnerStack) count++;
  }
  return count;
}

}  // namespace lunetta
