#include "region.h"

#include <lunetta/step-error.h>
#include <sys/mman.h>

#include <cerrno>

namespace lunetta {

namespace {

constexpr size_t kPage = 4096;

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Region::Region(const QueueShape& shape, uint32_t bufferSize)
    : shape_(shape), layout_(shape), bufferSize_(bufferSize), framesAt_(RoundUp(layout_.size, kPage)) {
  size_ = RoundUp(framesAt_ + static_cast<size_t>(shape.buffers) * bufferSize, kPage);
}

std::shared_ptr<Region> Region::Map(const QueueShape& shape, uint32_t bufferSize) {
  std::shared_ptr<Region> region(new Region(shape, bufferSize));
  // Offsets are int32 words whose bit 31 stays clear.
  if (region->size_ > INT32_MAX) throw StepError("memory", EOVERFLOW);
  void* base = mmap(nullptr, region->size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) throw StepError("memory", errno);
  region->base_ = static_cast<uint8_t*>(base);
  return region;
}

Region::~Region() {
  if (base_ != nullptr) munmap(base_, size_);
}

}  // namespace lunetta
