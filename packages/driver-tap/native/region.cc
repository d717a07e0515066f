#include "region.h"

#include <sys/mman.h>

#include <cerrno>

#include "step-error.h"

namespace lunetta {

namespace {

constexpr size_t kCacheLine = 64;
constexpr size_t kPage = 4096;

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Region::Region(const RegionShape& shape) : shape_(shape) {
  size_t end = 0;
  auto place = [&end](size_t words) {
    const size_t at = end;
    end = RoundUp(end + words * sizeof(int32_t), kCacheLine);
    return at;
  };
  countsAt_ = place(kCounts);
  rxAt_ = place(static_cast<size_t>(shape.rxCapacity) * kDescriptorWords);
  txAt_ = place(static_cast<size_t>(shape.txCapacity) * kDescriptorWords);
  freeAt_ = place(shape.buffers);
  stockAt_ = place(shape.stockCapacity);
  doneAt_ = place(shape.txCapacity);
  framesAt_ = RoundUp(end, kPage);
  size_ = RoundUp(framesAt_ + static_cast<size_t>(shape.buffers) * shape.bufferSize, kPage);
}

std::shared_ptr<Region> Region::Map(const RegionShape& shape) {
  std::shared_ptr<Region> region(new Region(shape));
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
