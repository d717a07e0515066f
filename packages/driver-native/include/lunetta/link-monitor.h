#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "step-error.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP (1u << 16)  // linux/if.h, which does not go together with net/if.h
#endif

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
  static constexpr int kAnswerTimeoutMs = 2000;
  static constexpr size_t kMessageRoom = 32768;  // netlink(7): larger than any message of one interface

  void AskForReport();
  void Take(const char* message, size_t length);

  UniqueFd fd_;
  int index_;
  bool answered_ = false;
  LinkReport report_;
};

inline LinkMonitor::LinkMonitor(int index)
    : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)), index_(index) {
  if (fd_.get() < 0) throw StepError("monitor", errno);
  sockaddr_nl address;
  memset(&address, 0, sizeof address);
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) throw StepError("monitor", errno);
  AskForReport();
  while (!answered_) {
    pollfd waiting = {fd_.get(), POLLIN, 0};
    if (poll(&waiting, 1, kAnswerTimeoutMs) == 0) throw StepError("monitor", ETIMEDOUT);
    while (Next()) {
    }
  }
  if (report_.gone) throw StepError("monitor", ENODEV);
}

inline void LinkMonitor::AskForReport() {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request;
  memset(&request, 0, sizeof request);
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.link.ifi_index = index_;
  if (send(fd_.get(), &request, sizeof request, 0) < 0) throw StepError("monitor", errno);
}

inline bool LinkMonitor::Next() {
  alignas(nlmsghdr) char message[kMessageRoom];
  ssize_t length;
  do {
    length = recv(fd_.get(), message, sizeof message, 0);
  } while (length < 0 && errno == EINTR);
  if (length >= 0) {
    Take(message, static_cast<size_t>(length));
    return true;
  }
  if (errno != ENOBUFS) return false;
  // The kernel dropped messages: ask how things stand.
  AskForReport();
  return true;
}

inline void LinkMonitor::Take(const char* message, size_t length) {
  auto header = reinterpret_cast<const nlmsghdr*>(message);
  auto left = static_cast<uint32_t>(length);
  for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
    if (header->nlmsg_type == NLMSG_ERROR) {
      // The answer to AskForReport: no such interface.
      report_.gone = answered_ = true;
      continue;
    }
    if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) continue;
    auto link = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
    // AF_BRIDGE: a bridge tells of its port; RTM_DELLINK then means that the interface left the bridge.
    if (link->ifi_index != index_ || link->ifi_family != AF_UNSPEC) continue;
    answered_ = true;
    if (header->nlmsg_type == RTM_DELLINK) {
      report_.gone = true;
      continue;
    }
    report_.up = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_LOWER_UP) != 0;
    auto attribute = IFLA_RTA(link);
    auto room = static_cast<uint32_t>(IFLA_PAYLOAD(header));
    for (; RTA_OK(attribute, room); attribute = RTA_NEXT(attribute, room)) {
      const size_t payload = RTA_PAYLOAD(attribute);
      if (attribute->rta_type == IFLA_MTU && payload >= sizeof report_.mtu) {
        memcpy(&report_.mtu, RTA_DATA(attribute), sizeof report_.mtu);
      } else if (attribute->rta_type == IFLA_IFNAME) {
        const char* name = static_cast<const char*>(RTA_DATA(attribute));
        report_.name.assign(name, strnlen(name, payload));
      }
    }
  }
}

}  // namespace lunetta
