#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace lunetta {

// Words of a descriptor and of the counts: packages/core/src/link/{descriptor,link-driver}.ts.
constexpr uint32_t kDescriptorWords = 8;
enum DescriptorWord : uint32_t { kHandle = 0, kOffset = 1, kLength = 2, kFlags = 3 };
enum CountWord : uint32_t { kCountFree = 0, kCountStock = 1, kCountDone = 2, kCountSent = 3, kCountState = 4, kCounts = 5 };

// Bytes free before a received frame. (66 + 14) % 4 == 0: the IP header is aligned to four bytes.
constexpr uint32_t kHeadroom = 66;

// How many of each thing a queue has.
struct RegionShape {
  uint32_t buffers;       // frame buffers
  uint32_t bufferSize;    // bytes of a frame buffer, headroom included; also the stride
  uint32_t rxCapacity;    // descriptors
  uint32_t txCapacity;    // descriptors
  uint32_t stockCapacity; // handles
};

// One private mapping that holds the arrays shared with JavaScript and, from the next page on, the frame buffers.
// The queue and the ArrayBuffer that shows it to JavaScript each hold a reference, so that neither the collector, nor
// a detached buffer, nor the order of closing leaves a dangling pointer.
class Region {
 public:
  // Throws StepError("memory", errno).
  static std::shared_ptr<Region> Map(const RegionShape& shape);
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  const RegionShape& shape() const { return shape_; }
  uint8_t* base() const { return base_; }
  size_t size() const { return size_; }

  size_t countsAt() const { return countsAt_; }
  size_t rxAt() const { return rxAt_; }
  size_t txAt() const { return txAt_; }
  size_t freeAt() const { return freeAt_; }
  size_t stockAt() const { return stockAt_; }
  size_t doneAt() const { return doneAt_; }
  size_t framesAt() const { return framesAt_; }

  int32_t* counts() const { return Words(countsAt_); }
  int32_t* rx() const { return Words(rxAt_); }
  int32_t* tx() const { return Words(txAt_); }
  int32_t* free() const { return Words(freeAt_); }
  int32_t* stock() const { return Words(stockAt_); }
  int32_t* done() const { return Words(doneAt_); }

  // Byte offset of frame buffer `handle`, which must be one.
  size_t BufferAt(int32_t handle) const { return framesAt_ + static_cast<size_t>(handle) * shape_.bufferSize; }

 private:
  explicit Region(const RegionShape& shape);
  int32_t* Words(size_t at) const { return reinterpret_cast<int32_t*>(base_ + at); }

  RegionShape shape_;
  uint8_t* base_ = nullptr;
  size_t countsAt_, rxAt_, txAt_, freeAt_, stockAt_, doneAt_, framesAt_, size_;
};

}  // namespace lunetta
