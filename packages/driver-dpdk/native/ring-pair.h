#pragma once

#include <cstdint>
#include <string>

namespace lunetta {

// Makes two devices of DPDK's net_ring, "net_ring_<a>" and "net_ring_<b>", each of which receives what the other sends: a
// cable within the process, `size` frames (a power of two) long in each direction. Throws DpdkError("ring").
void ConnectRings(const std::string& a, const std::string& b, uint32_t size);

// The device is closed and removed. After both ends of a cable, what one of them sent and the other did not take goes back.
void RingEndClosed(const std::string& device);

}  // namespace lunetta
