#include "tun-device.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "virtio-header.h"

namespace lunetta {

namespace {

ifreq RequestFor(const std::string& device) {
  ifreq request;
  memset(&request, 0, sizeof request);
  if (device.empty() || device.size() >= IFNAMSIZ) throw StepError("name", EINVAL);
  memcpy(request.ifr_name, device.data(), device.size());
  return request;
}

UniqueFd ControlSocket() {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw StepError("control", errno);
  return fd;
}

void Attach(int fd, const TunRequest& request, bool exists) {
  const int kind = IFF_TAP | IFF_NO_PI | (request.offloads ? IFF_VNET_HDR : 0);
  ifreq attach = RequestFor(request.device);
  attach.ifr_flags = static_cast<short>(kind);
  if (ioctl(fd, TUNSETIFF, &attach) == 0) return;
  if (errno == EINVAL && exists) {
    // A device made with multi_queue takes only queues that say so (tun_set_iff in drivers/net/tun.c).
    attach = RequestFor(request.device);
    attach.ifr_flags = static_cast<short>(kind | IFF_MULTI_QUEUE);
    if (ioctl(fd, TUNSETIFF, &attach) == 0) return;
    if (errno == EINVAL) throw StepError("kind", EINVAL);
  }
  throw StepError("attach", errno);
}

// A persistent device remembers what its last user asked for. Without offloads we want frames as they go over a wire, with
// their checksums in place; with them up to 64 KiB of TCP over IPv4 in one piece.
void SetOffloads(int fd, bool offloads) {
  const unsigned long wanted = offloads ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN : 0;
  if (ioctl(fd, TUNSETOFFLOAD, wanted) < 0) throw StepError("offload", errno);
  if (!offloads) return;
  int headerLength = kVirtioHeader;
  if (ioctl(fd, TUNSETVNETHDRSZ, &headerLength) < 0) throw StepError("offload", errno);
  int isLittleEndian = 1;
  if (ioctl(fd, TUNSETVNETLE, &isLittleEndian) < 0) throw StepError("offload", errno);
}

void SetMtu(int control, const std::string& device, uint32_t mtu) {
  ifreq request = RequestFor(device);
  if (ioctl(control, SIOCGIFMTU, &request) == 0 && request.ifr_mtu == static_cast<int>(mtu)) return;
  request = RequestFor(device);
  request.ifr_mtu = static_cast<int>(mtu);
  if (ioctl(control, SIOCSIFMTU, &request) < 0) throw StepError("mtu", errno);
}

void SetAddress(int control, const std::string& device, unsigned long operation, uint32_t address) {
  ifreq request = RequestFor(device);
  sockaddr_in in;
  memset(&in, 0, sizeof in);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = address;
  memcpy(&request.ifr_addr, &in, sizeof in);
  if (ioctl(control, operation, &request) < 0) throw StepError("address", errno);
}

void BringUp(int control, const std::string& device) {
  ifreq request = RequestFor(device);
  if (ioctl(control, SIOCGIFFLAGS, &request) < 0) throw StepError("up", errno);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (ioctl(control, SIOCSIFFLAGS, &request) < 0) throw StepError("up", errno);
}

}  // namespace

TunDevice OpenTun(const TunRequest& request) {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) throw StepError("tun", errno);
  const bool exists = if_nametoindex(request.device.c_str()) != 0;
  Attach(fd.get(), request, exists);

  SetOffloads(fd.get(), request.offloads);

  UniqueFd control = ControlSocket();
  if (request.mtu) SetMtu(control.get(), request.device, *request.mtu);
  if (!exists) {
    if (request.hostAddress) {
      SetAddress(control.get(), request.device, SIOCSIFADDR, request.hostAddress->address);
      SetAddress(control.get(), request.device, SIOCSIFNETMASK, request.hostAddress->netmask);
    }
    if (request.up) BringUp(control.get(), request.device);
  }
  const unsigned index = if_nametoindex(request.device.c_str());
  if (index == 0) throw StepError("attach", errno);
  // Last, so that a failure before it leaves no device behind.
  if (!exists && request.persist && ioctl(fd.get(), TUNSETPERSIST, 1UL) < 0) throw StepError("persist", errno);
  return TunDevice{std::move(fd), static_cast<int>(index), !exists};
}

}  // namespace lunetta
