#pragma once

#include <cstdint>
#include <string>

#include "step-error.h"

namespace lunetta {

// An interface as the kernel last described it.
struct LinkReport {
  bool gone = false;  // deleted, or moved to another network namespace
  bool up = false;    // set up by the administrator, and with carrier
  uint32_t mtu = 0;
  std::string name;
};

// Hears from the kernel (rtnetlink(7), group RTMGRP_LINK) what becomes of one interface.
class LinkMonitor {
 public:
  // Throws StepError. Bound to the network namespace of the calling thread.
  explicit LinkMonitor(int index);

  int fd() const { return fd_.get(); }
  const LinkReport& report() const { return report_; }

  // Takes one message from the kernel into report(). False if none waits.
  bool Next();

  // Hears no more; report() stays as it is.
  void Close() { fd_.Close(); }

 private:
  void AskForReport();
  void Take(const char* message, size_t length);

  UniqueFd fd_;
  int index_;
  bool answered_ = false;
  LinkReport report_;
};

}  // namespace lunetta
