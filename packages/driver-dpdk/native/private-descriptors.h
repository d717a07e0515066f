#pragma once

#include <cstdint>
#include <map>
#include <set>

namespace lunetta {

// Sockets: their descriptors, and what they are.
using Sockets = std::map<int, uint64_t>;

// Those of this family that are open.
Sockets OpenSockets(int family);

// What DPDK opens while it lives is closed in child processes: with a descriptor of its own a child would keep a device alive
// that we have closed, and get a part of its frames.
class PrivateDescriptors {
 public:
  PrivateDescriptors();
  ~PrivateDescriptors();
  PrivateDescriptors(const PrivateDescriptors&) = delete;
  PrivateDescriptors& operator=(const PrivateDescriptors&) = delete;


 private:
  std::set<int> before_;
};

}  // namespace lunetta
