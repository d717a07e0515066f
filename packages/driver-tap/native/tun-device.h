#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "step-error.h"

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

// While it lives, the calling thread is in another network namespace.
class NetnsScope {
 public:
  // `netns`: a name under /run/netns, a path if it has a slash, or empty to stay where we are. Throws StepError.
  explicit NetnsScope(const std::string& netns);
  // Ends the process if the thread cannot go back: every later socket would be in the wrong place.
  ~NetnsScope();
  NetnsScope(const NetnsScope&) = delete;
  NetnsScope& operator=(const NetnsScope&) = delete;

 private:
  UniqueFd origin_;
};

}  // namespace lunetta
