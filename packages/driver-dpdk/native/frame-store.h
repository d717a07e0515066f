#pragma once

#include <lunetta/checked-queue.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace lunetta {

// What a FrameStore is to be like.
struct StoreRequest {
  uint32_t buffers;
  uint32_t dataRoom;       // bytes of a frame buffer behind its headroom
  int socket;              // NUMA node
  bool contiguous;         // for a device that reads it by DMA with physical addresses
  // Memory that JavaScript has made (a WebAssembly.Memory) and keeps until the store is gone; null: DPDK's own.
  uint8_t* given = nullptr;
  size_t givenSize = 0;
};

// Where the mbufs of a memory lie: at equal distances.
class MbufGrid {
 public:
  MbufGrid() = default;
  MbufGrid(uint8_t* first, size_t stride)
      : first_(first), stride_(stride), reciprocal_(((uint64_t{1} << kShift) + stride / kUnit - 1) / (stride / kUnit)) {}

  // `mbuf` is one of them.
  int32_t HandleOf(const rte_mbuf* mbuf) const {
    const auto units = static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(mbuf) - first_) / kUnit;
    return static_cast<int32_t>(units * reciprocal_ >> kShift);
  }
  rte_mbuf* At(int32_t handle) const { return reinterpret_cast<rte_mbuf*>(first_ + static_cast<size_t>(handle) * stride_); }

 private:
  // Division by the stride as a multiplication. Exact: distances are below 2^31 / 64 = 2^25 units, the error of the
  // reciprocal is below one stride (2^11 units at most), and 2^25 * 2^11 < 2^kShift.
  static constexpr uint64_t kUnit = RTE_MEMPOOL_ALIGN;
  static constexpr unsigned kShift = 38;

  uint8_t* first_ = nullptr;
  size_t stride_ = 0;
  uint64_t reciprocal_ = 0;
};

// The memory of frames: one contiguous region, seen by JavaScript as one buffer, with all mbufs of one mempool in it at
// equal distances, so that the number of a frame buffer (its handle) and its mbuf are found from each other by
// arithmetic. Any thread may use it; the owner of a buffer may be changed by the thread that it belongs to.
class FrameStore {
 public:
  // Throws DpdkError("memory").
  explicit FrameStore(const StoreRequest& request);
  ~FrameStore();
  FrameStore(const FrameStore&) = delete;
  FrameStore& operator=(const FrameStore&) = delete;

  // Bytes of a region that must be given to hold so many buffers.
  static size_t SizeFor(uint32_t buffers, uint32_t dataRoom);

  // A port begins to use it.
  void Use() { users_++; }
  bool isUsed() const { return users_ > 0; }
  // A port is done with it. After the last one the memory is freed at once, or, while a device or a ring still holds some
  // of the buffers, as soon as these are back and another store is made or left. True after the last one: JavaScript must
  // not touch the memory any more.
  static bool Leave(const std::shared_ptr<FrameStore>& store);

  // Puts what a closed device has forgotten into the pool, if nobody else uses the memory: `users` are its own queues.
  void TakeForgotten(uint32_t users);

  // The Internet sum of the bytes [at, end). What does not lie in the memory is refused, counted, and 0.
  uint32_t Sum(uint32_t at, uint32_t end);
  uint64_t refusedSums() const { return refusedSums_; }

  // Whether the memory is JavaScript's.
  bool isGiven() const { return isGiven_; }
  rte_mempool* pool() const { return pool_; }
  uint8_t* base() const { return base_; }
  size_t size() const { return size_; }
  const BufferGrid& grid() const { return grid_; }
  Ownership* ownership() { return &ownership_; }
  uint32_t buffers() const { return ownership_.size(); }
  // Buffers in the pool; once the memory is freed, all but those that a stack leaked.
  uint32_t available() const;

  // `mbuf` is one of pool().
  int32_t HandleOf(const rte_mbuf* mbuf) const { return mbufs_.HandleOf(mbuf); }
  rte_mbuf* MbufOf(int32_t handle) const { return mbufs_.At(handle); }
  const MbufGrid& mbufs() const { return mbufs_; }
  uint8_t* BufferOf(int32_t handle) const { return base_ + grid_.At(handle); }

 private:
  void Reserve(const StoreRequest& request, size_t size, const std::string& name);
  void Populate(const StoreRequest& request, const std::string& name);
  uint32_t OwnedByStacks() const;
  void Release();
  static void FreeRetired();

  Ownership ownership_;
  std::atomic<uint32_t> users_{0};
  const rte_memzone* zone_ = nullptr;
  uint64_t refusedSums_ = 0;
  bool isGiven_ = false;
  bool registered_ = false;
  rte_mempool* pool_ = nullptr;
  uint8_t* base_ = nullptr;
  rte_iova_t iova_ = 0;
  size_t size_ = 0;
  BufferGrid grid_{};
  MbufGrid mbufs_;
};

}  // namespace lunetta
