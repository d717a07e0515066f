#pragma once

#include <cstddef>
#include <cstdint>

namespace lunetta {

// What stands before every frame of a TAP device that was opened with IFF_VNET_HDR: struct virtio_net_hdr of
// linux/virtio_net.h (which is no C++), little-endian (TUNSETVNETLE). Virtio 1.2 section 5.1.6.
struct VirtioHeader {
  uint8_t flags;
  uint8_t gsoType;
  uint16_t headerLength;
  uint16_t gsoSize;
  uint16_t checksumStart;
  uint16_t checksumOffset;
};
constexpr size_t kVirtioHeader = sizeof(VirtioHeader);
static_assert(kVirtioHeader == 10, "as the kernel has it");

// Reads the header that came with the received frame of `length` bytes, into the flags and word 5 of its descriptor. A checksum
// that the kernel has left unfinished counts as good if it is that of TCP or UDP over IPv4; another one is finished in the
// frame. False if the header does not fit the frame.
bool ReadVirtioHeader(const VirtioHeader& header, uint8_t* frame, size_t length, int32_t* descriptor);

// The header that asks the kernel for what the descriptor of a frame asks for; its header lengths have been checked.
VirtioHeader VirtioHeaderFor(const int32_t* descriptor);

}  // namespace lunetta
