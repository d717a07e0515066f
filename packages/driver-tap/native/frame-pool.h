#pragma once

#include <cstdint>
#include <vector>

namespace lunetta {

// The free frame buffers: last in, first out, so that the warm one is used first.
class FramePool {
 public:
  explicit FramePool(uint32_t size) : free_(size), available_(size) {
    for (uint32_t i = 0; i < size; i++) free_[i] = static_cast<int32_t>(size - 1 - i);
  }

  uint32_t size() const { return static_cast<uint32_t>(free_.size()); }
  uint32_t available() const { return available_; }

  // The buffer that Take would give; available() > 0.
  int32_t Next() const { return free_[available_ - 1]; }
  int32_t Take() { return free_[--available_]; }

  // The caller has checked that `handle` exists and is not in the pool, so there is always room.
  void Put(int32_t handle) { free_[available_++] = handle; }

 private:
  std::vector<int32_t> free_;
  uint32_t available_;
};

}  // namespace lunetta
