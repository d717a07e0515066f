#pragma once

#include <set>

namespace lunetta {

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
