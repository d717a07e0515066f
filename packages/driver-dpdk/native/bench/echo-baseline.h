#pragma once

#include <rte_ether.h>

#include <array>
#include <cstdint>
#include <vector>

namespace lunetta {

// What a UDP echo server over a stack does to a frame, in C++, as the measure of the stack in TypeScript: the same checks
// of the headers, the same look-ups (socket, route, neighbour), the same counters, the checksums made and verified where
// the stack makes and verifies them, and a call of the application through a pointer. Flat and without layers.
class EchoBaseline {
 public:
  // Addresses in network byte order, the port in the host's.
  EchoBaseline(uint32_t ownAddress, const rte_ether_addr& ownMac, uint32_t peerAddress, const rte_ether_addr& peerMac,
               uint16_t port);
  EchoBaseline(const EchoBaseline&) = delete;
  EchoBaseline& operator=(const EchoBaseline&) = delete;

  // Answers the frame in place. False if it is dropped, and counted.
  bool Input(uint8_t* frame, uint32_t length);

  uint64_t echoed() const { return echoed_; }
  uint64_t dropped() const;

 private:
  enum Drop { kTruncated, kForeign, kBadSource, kType, kHeader, kChecksum, kNotForUs, kFragment, kProtocol, kNoPort, kNoRoute, kDrops };
  struct Datagram {
    uint8_t* ip;
    uint8_t* udp;
    uint16_t length;
    uint16_t sum;  // as it came
  };
  struct Socket {
    uint32_t address;  // 0: any
    uint16_t port;
    bool (EchoBaseline::*onDatagram)(Socket&, Datagram&);
    uint64_t received, sent;
  };
  struct Route {
    uint32_t network, mask, gateway;
    uint32_t source;
  };
  struct Neighbour {
    uint32_t address;
    rte_ether_addr mac;
    uint8_t reachable;
  };

  bool Dropped(Drop reason) {
    dropped_[reason]++;
    return false;
  }
  bool InputIpv4(uint8_t* ip, uint32_t length);
  bool InputUdp(uint8_t* ip, uint8_t* udp, uint32_t length);
  bool Reply(Socket& socket, Datagram& datagram);
  Socket* FindSocket(uint32_t address, uint16_t port);
  const Route* FindRoute(uint32_t destination) const;
  const Neighbour* FindNeighbour(uint32_t address) const;

  static constexpr uint32_t kSlots = 256;
  rte_ether_addr ownMac_;
  std::vector<uint32_t> ownAddresses_;
  std::array<Socket*, kSlots> sockets_{};
  std::array<Neighbour, kSlots> neighbours_{};
  std::vector<Route> routes_;
  Socket echo_;
  uint16_t identification_ = 0;
  std::array<uint64_t, kDrops> dropped_{};
  uint64_t received_ = 0, delivered_ = 0, echoed_ = 0, bytes_ = 0;
};

}  // namespace lunetta
