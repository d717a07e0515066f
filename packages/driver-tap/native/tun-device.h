#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <lunetta/step-error.h>

namespace lunetta {

// An IPv4 address and netmask, both as in_addr (network byte order).
struct HostAddress {
  uint32_t address;
  uint32_t netmask;
};

struct TunRequest {
  std::string device;
  bool persist = false;  // these three only for a device that we create
  bool up = false;
  std::optional<HostAddress> hostAddress;
  std::optional<uint32_t> mtu;
  bool offloads = false;  // a VirtioHeader stands before every frame
};

// An attached TAP device.
struct TunDevice {
  UniqueFd fd;  // non-blocking
  int index;    // of the interface, for netlink
  bool created; // by us: it did not exist before
};

// Attaches to the TAP device of that name in the calling thread's network namespace, or creates it. Throws StepError;
// a device created here is gone again then.
TunDevice OpenTun(const TunRequest& request);

}  // namespace lunetta
