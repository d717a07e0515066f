#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace lunetta {

// Devices that recycle what was echoed (net_null, net_ring) show a stack its own answers. A benchmark writes the headers
// of the next request over each frame that arrives, the same way whether C or JavaScript is measured.
class Stamp {
 public:
  static constexpr size_t kHeaders = 42;  // Ethernet, IPv4, UDP

  // `headers`: the first 42 bytes of a number of frames, a power of two, which are written in turn.
  Stamp(const uint8_t* headers, size_t bytes) : headers_(headers, headers + bytes), mask_(bytes / kHeaders - 1) {}

  void Write(uint8_t* frame) {
    memcpy(frame, headers_.data() + (next_++ & mask_) * kHeaders, kHeaders);
  }

 private:
  std::vector<uint8_t> headers_;
  size_t mask_;
  size_t next_ = 0;
};

}  // namespace lunetta
