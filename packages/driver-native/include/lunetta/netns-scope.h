#pragma once

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "step-error.h"

namespace lunetta {

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

inline NetnsScope::NetnsScope(const std::string& netns) {
  if (netns.empty()) return;
  const std::string path = netns.find('/') == std::string::npos ? "/run/netns/" + netns : netns;
  UniqueFd target(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (target.get() < 0) throw StepError("netns", errno);
  UniqueFd origin(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (origin.get() < 0) throw StepError("netns", errno);
  if (setns(target.get(), CLONE_NEWNET) < 0) throw StepError("netns", errno);
  origin_ = std::move(origin);
}

inline NetnsScope::~NetnsScope() {
  if (origin_.get() < 0) return;
  if (setns(origin_.get(), CLONE_NEWNET) == 0) return;
  fprintf(stderr, "lunetta: cannot return to the process's own network namespace: %s\n", strerror(errno));
  abort();
}

}  // namespace lunetta
