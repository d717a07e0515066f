#pragma once

#include <lunetta/queue-arrays.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace lunetta {

// Bytes free before a received frame. (66 + 14) % 4 == 0: the IP header is aligned to four bytes.
constexpr uint32_t kHeadroom = 66;

// One private mapping that holds the arrays shared with JavaScript and, from the next page on, the frame buffers.
// The queue and the ArrayBuffer that shows it to JavaScript each hold a reference, so that neither the collector, nor
// a detached buffer, nor the order of closing leaves a dangling pointer.
class Region {
 public:
  // `bufferSize`: bytes of a frame buffer, headroom included; also the stride. Throws StepError("memory", errno).
  static std::shared_ptr<Region> Map(const QueueShape& shape, uint32_t bufferSize);
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  const QueueShape& shape() const { return shape_; }
  const ArrayLayout& layout() const { return layout_; }
  uint32_t bufferSize() const { return bufferSize_; }
  uint8_t* base() const { return base_; }
  size_t size() const { return size_; }
  size_t framesAt() const { return framesAt_; }

  // Byte offset of frame buffer `handle`, which must be one.
  size_t BufferAt(int32_t handle) const { return framesAt_ + static_cast<size_t>(handle) * bufferSize_; }

 private:
  Region(const QueueShape& shape, uint32_t bufferSize);

  QueueShape shape_;
  ArrayLayout layout_;
  uint32_t bufferSize_;
  uint8_t* base_ = nullptr;
  size_t framesAt_, size_;
};

}  // namespace lunetta
