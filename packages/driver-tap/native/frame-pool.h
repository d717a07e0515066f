#pragma once

#include <cstdint>
#include <vector>

namespace lunetta {

// Who may touch a frame buffer. There is no `device`: a TAP device sends and receives within the system call.
enum class Owner : uint8_t {
  Pool,     // free, to be received into
  Stack,    // shown in rx, done, or taken from stock
  Stock,    // stands in stock, not yet taken
  Sending,  // named by the frame that is being checked or sent
  Done,     // sent with TX_KEEP in this poll; the stack's from its end on
};

// The free frame buffers (last in, first out: the warm one is used first) and the owner of every buffer.
class FramePool {
 public:
  explicit FramePool(uint32_t size) : owners_(size, Owner::Pool), free_(size) {
    for (uint32_t i = 0; i < size; i++) free_[i] = static_cast<int32_t>(size - 1 - i);
    available_ = size;
  }

  uint32_t size() const { return static_cast<uint32_t>(owners_.size()); }
  uint32_t available() const { return available_; }

  bool Has(int32_t handle) const { return handle >= 0 && static_cast<uint32_t>(handle) < size(); }
  Owner OwnerOf(int32_t handle) const { return owners_[static_cast<uint32_t>(handle)]; }
  void SetOwner(int32_t handle, Owner owner) { owners_[static_cast<uint32_t>(handle)] = owner; }

  // The buffer that Take would give; available() > 0.
  int32_t Next() const { return free_[available_ - 1]; }

  int32_t Take(Owner owner) {
    const int32_t handle = free_[--available_];
    SetOwner(handle, owner);
    return handle;
  }

  // The caller has checked that `handle` exists and is not in the pool, so there is always room.
  void Put(int32_t handle) {
    SetOwner(handle, Owner::Pool);
    free_[available_++] = handle;
  }

  // Counted from the owners and not from available(), so that an audit shows where the two disagree.
  uint32_t CountOwnedBy(Owner owner) const {
    uint32_t count = 0;
    for (const Owner each : owners_) count += each == owner ? 1 : 0;
    return count;
  }

 private:
  std::vector<Owner> owners_;
  std::vector<int32_t> free_;
  uint32_t available_;
};

}  // namespace lunetta
