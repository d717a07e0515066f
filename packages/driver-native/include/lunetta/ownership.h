#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lunetta {

// Who may touch a frame buffer: one byte for each.
enum Owner : uint8_t {
  kOwnerDriver,   // the pool or the device
  kOwnerStock,    // stands in stock, not yet taken
  kOwnerSending,  // named by the frame that is being checked or sent
  kOwnerLent,     // sent with TX_KEEP, not yet in done
  kOwnerStack,    // the stack: shown in rx or done, or taken from stock; each further stack has a value of its own above
};

// The owners, for a loop to keep in registers: a write to a byte might change any member, for all the compiler knows, and
// it would read them all again for every frame.
class OwnerBytes {
 public:
  OwnerBytes(uint8_t* owners, uint32_t size) : owners_(owners), size_(size) {}

  bool Has(int32_t handle) const { return static_cast<uint32_t>(handle) < size_; }
  uint8_t Of(int32_t handle) const { return owners_[static_cast<uint32_t>(handle)]; }
  void Set(int32_t handle, uint8_t owner) const { owners_[static_cast<uint32_t>(handle)] = owner; }

 private:
  uint8_t* owners_;
  uint32_t size_;
};

// The owner of every buffer of a memory.
class Ownership {
 public:
  explicit Ownership(uint32_t size) : owners_(size, kOwnerDriver) {}

  uint32_t size() const { return static_cast<uint32_t>(owners_.size()); }
  bool Has(int32_t handle) const { return static_cast<uint32_t>(handle) < size(); }
  uint8_t Of(int32_t handle) const { return owners_[static_cast<uint32_t>(handle)]; }
  void Set(int32_t handle, uint8_t owner) { owners_[static_cast<uint32_t>(handle)] = owner; }

  OwnerBytes bytes() { return {owners_.data(), size()}; }

  uint32_t Count(uint8_t owner) const {
    return static_cast<uint32_t>(std::count(owners_.begin(), owners_.end(), owner));
  }

 private:
  std::vector<uint8_t> owners_;
};

}  // namespace lunetta
