#include "echo-baseline.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <cstring>
#include <memory>
#include <numeric>

namespace lunetta {

namespace {

constexpr uint32_t kEthernet = sizeof(rte_ether_hdr);
constexpr uint32_t kIp = sizeof(rte_ipv4_hdr);
constexpr uint32_t kUdpHeader = sizeof(rte_udp_hdr);
constexpr uint8_t kTtl = 64;

uint32_t Slot(uint32_t key, uint32_t slots) { return key * 2654435761u >> 16 & (slots - 1); }

// The sum of the pseudo-header (RFC 768).
uint32_t PseudoSum(const rte_ipv4_hdr& ip, uint32_t length) {
  const uint32_t addresses = (ip.src_addr & 0xffff) + (ip.src_addr >> 16) + (ip.dst_addr & 0xffff) + (ip.dst_addr >> 16);
  return addresses + htons(IPPROTO_UDP) + htons(static_cast<uint16_t>(length));
}

uint16_t Fold(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// In the machine's order, as PseudoSum.
uint32_t SumOf(const uint8_t* bytes, uint32_t length) { return rte_raw_cksum(bytes, length); }

}  // namespace

EchoBaseline::EchoBaseline(uint32_t ownAddress, const rte_ether_addr& ownMac, uint32_t peerAddress,
                           const rte_ether_addr& peerMac, uint16_t port)
    : ownMac_(ownMac), ownAddresses_{ownAddress}, echo_{0, port, &EchoBaseline::Reply, 0, 0} {
  routes_.push_back({ownAddress & htonl(0xffff0000), htonl(0xffff0000), 0, ownAddress});
  sockets_[Slot(port, kSlots)] = &echo_;
  neighbours_[Slot(ntohl(peerAddress), kSlots)] = {peerAddress, peerMac, 1};
}

uint64_t EchoBaseline::dropped() const { return std::accumulate(dropped_.begin(), dropped_.end(), uint64_t{0}); }

void EchoBaseline::SetApplication(Application application) {
  switch (application) {
    case Application::Reply:
      echo_.onDatagram = &EchoBaseline::Reply;
      break;
    case Application::SendView:
      echo_.onDatagram = &EchoBaseline::SendView;
      break;
    case Application::SendCopy:
      echo_.onDatagram = &EchoBaseline::SendCopy;
      break;
  }
}

uint32_t EchoBaseline::Input(uint8_t* frame, uint32_t length, uint8_t* spare) {
  received_++;
  bytes_ += length;
  if (length < kEthernet) return Dropped(kTruncated);
  const auto* ethernet = reinterpret_cast<const rte_ether_hdr*>(frame);
  if (!rte_is_same_ether_addr(&ethernet->dst_addr, &ownMac_)) return Dropped(kForeign);
  if (rte_is_multicast_ether_addr(&ethernet->src_addr) || rte_is_zero_ether_addr(&ethernet->src_addr) ||
      rte_is_same_ether_addr(&ethernet->src_addr, &ownMac_)) {
    return Dropped(kBadSource);
  }
  if (ethernet->ether_type != htons(RTE_ETHER_TYPE_IPV4)) return Dropped(kType);
  return InputIpv4(frame + kEthernet, length - kEthernet, spare);
}

uint32_t EchoBaseline::InputIpv4(uint8_t* bytes, uint32_t length, uint8_t* spare) {
  const auto* ip = reinterpret_cast<const rte_ipv4_hdr*>(bytes);
  if (length < kIp || ip->version_ihl >> 4 != 4) return Dropped(kHeader);
  const uint32_t headerLength = (ip->version_ihl & 15u) * 4, totalLength = ntohs(ip->total_length);
  if (headerLength < kIp || headerLength > length || totalLength < headerLength || totalLength > length) return Dropped(kHeader);
  if (Fold(SumOf(bytes, headerLength)) != 0xffff) return Dropped(kChecksum);
  const uint32_t source = ntohl(ip->src_addr);
  // No host's: 0/8, 127/8, 224/3, our own.
  if (source >> 24 == 0 || source >> 24 == 127 || source >> 29 == 7) return Dropped(kBadSource);
  bool isOurs = false;
  for (const uint32_t own : ownAddresses_) {
    if (ip->src_addr == own) return Dropped(kBadSource);
    isOurs |= ip->dst_addr == own;
  }
  if (!isOurs) return Dropped(kNotForUs);
  if ((ip->fragment_offset & htons(0x3fff)) != 0) return Dropped(kFragment);
  if (ip->next_proto_id != IPPROTO_UDP) return Dropped(kProtocol);
  return InputUdp(bytes, bytes + headerLength, totalLength - headerLength, spare);
}

uint32_t EchoBaseline::InputUdp(uint8_t* ip, uint8_t* udp, uint32_t length, uint8_t* spare) {
  const auto* header = reinterpret_cast<const rte_udp_hdr*>(udp);
  if (length < kUdpHeader) return Dropped(kTruncated);
  const uint16_t datagramLength = ntohs(header->dgram_len);
  if (datagramLength < kUdpHeader || datagramLength > length) return Dropped(kHeader);
  const auto& ipHeader = *reinterpret_cast<const rte_ipv4_hdr*>(ip);
  if (header->dgram_cksum != 0 && Fold(PseudoSum(ipHeader, datagramLength) + SumOf(udp, datagramLength)) != 0xffff) {
    return Dropped(kChecksum);
  }
  Socket* socket = FindSocket(ipHeader.dst_addr, ntohs(header->dst_port));
  if (socket == nullptr) return Dropped(kNoPort);
  const Datagram datagram{ip, udp, datagramLength, header->dgram_cksum, spare};
  socket->received++;
  delivered_++;
  return (this->*socket->onDatagram)(*socket, datagram);
}

EchoBaseline::Socket* EchoBaseline::FindSocket(uint32_t address, uint16_t port) {
  for (uint32_t slot = Slot(port, kSlots); sockets_[slot] != nullptr; slot = (slot + 1) & (kSlots - 1)) {
    Socket* socket = sockets_[slot];
    if (socket->port == port && (socket->address == 0 || socket->address == address)) return socket;
  }
  return nullptr;
}

const EchoBaseline::Route* EchoBaseline::FindRoute(uint32_t destination) const {
  for (const Route& route : routes_) {
    if ((destination & route.mask) == route.network) return &route;
  }
  return nullptr;
}

const EchoBaseline::Neighbour* EchoBaseline::FindNeighbour(uint32_t address) const {
  for (uint32_t slot = Slot(ntohl(address), kSlots); neighbours_[slot].address != 0; slot = (slot + 1) & (kSlots - 1)) {
    if (neighbours_[slot].address == address) return &neighbours_[slot];
  }
  return nullptr;
}

// Answers in place: the payload stays, so that the checksum of the request serves again; where there was none it is made.
uint32_t EchoBaseline::Reply(Socket& socket, const Datagram& datagram) {
  return Output(socket, datagram, datagram.ip - kEthernet, datagram.sum);
}

uint32_t EchoBaseline::SendView(Socket& socket, const Datagram& datagram) {
  return Send(socket, datagram, datagram.udp + kUdpHeader);
}

uint32_t EchoBaseline::SendCopy(Socket& socket, const Datagram& datagram) {
  const uint32_t length = datagram.length - kUdpHeader;
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[length]);
  memcpy(copy.get(), datagram.udp + kUdpHeader, length);
  return Send(socket, datagram, copy.get());
}

uint32_t EchoBaseline::Send(Socket& socket, const Datagram& datagram, const uint8_t* payload) {
  memcpy(datagram.spare + kEthernet + kIp + kUdpHeader, payload, datagram.length - kUdpHeader);
  return Output(socket, datagram, datagram.spare, 0);
}

// Addresses the frame, whose payload is in place, back to where the datagram came from. `knownSum`: its checksum, 0 if
// that is to be made.
uint32_t EchoBaseline::Output(Socket& socket, const Datagram& datagram, uint8_t* frame, uint16_t knownSum) {
  const auto* request = reinterpret_cast<const rte_ipv4_hdr*>(datagram.ip);
  const uint32_t peer = request->src_addr, local = request->dst_addr;
  const uint16_t peerPort = reinterpret_cast<const rte_udp_hdr*>(datagram.udp)->src_port;
  const Route* route = FindRoute(peer);
  const Neighbour* neighbour = route == nullptr ? nullptr : FindNeighbour(route->gateway != 0 ? route->gateway : peer);
  if (neighbour == nullptr || neighbour->reachable == 0) return Dropped(kNoRoute);
  auto* ip = reinterpret_cast<rte_ipv4_hdr*>(frame + kEthernet);
  auto* udp = reinterpret_cast<rte_udp_hdr*>(frame + kEthernet + kIp);
  udp->src_port = htons(socket.port);
  udp->dst_port = peerPort;
  udp->dgram_len = htons(datagram.length);
  udp->dgram_cksum = knownSum;
  ip->version_ihl = 0x45;
  ip->type_of_service = 0;
  ip->total_length = htons(static_cast<uint16_t>(kIp + datagram.length));
  ip->packet_id = htons(identification_++);
  ip->fragment_offset = 0;
  ip->time_to_live = kTtl;
  ip->next_proto_id = IPPROTO_UDP;
  ip->hdr_checksum = 0;
  ip->src_addr = local;
  ip->dst_addr = peer;
  ip->hdr_checksum = static_cast<uint16_t>(~Fold(SumOf(frame + kEthernet, kIp)));
  if (knownSum == 0) {
    const uint32_t bytes = SumOf(frame + kEthernet + kIp, datagram.length);
    const auto sum = static_cast<uint16_t>(~Fold(PseudoSum(*ip, datagram.length) + bytes));
    udp->dgram_cksum = sum == 0 ? 0xffff : sum;
  }
  auto* ethernet = reinterpret_cast<rte_ether_hdr*>(frame);
  ethernet->dst_addr = neighbour->mac;
  ethernet->src_addr = ownMac_;
  ethernet->ether_type = htons(RTE_ETHER_TYPE_IPV4);
  socket.sent++;
  echoed_++;
  return kEthernet + kIp + datagram.length;
}

}  // namespace lunetta
