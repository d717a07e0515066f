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
  // How the application answers: in the datagram's own buffer, by sending a view of it, or a copy that it has taken.
  enum class Application { Reply, SendView, SendCopy };

  // Addresses in network byte order, the port in the host's.
  EchoBaseline(uint32_t ownAddress, const rte_ether_addr& ownMac, uint32_t peerAddress, const rte_ether_addr& peerMac,
               uint16_t port);
  EchoBaseline(const EchoBaseline&) = delete;
  EchoBaseline& operator=(const EchoBaseline&) = delete;

  void SetApplication(Application application);

  // Answers the frame: in place, or in `spare`, an empty buffer, if the application sends. Returns the length of the
  // answer; 0 if the frame is dropped, and counted.
  uint32_t Input(uint8_t* frame, uint32_t length, uint8_t* spare);

  uint64_t echoed() const { return echoed_; }
  uint64_t dropped() const;

 private:
  enum Drop { kTruncated, kForeign, kBadSource, kType, kHeader, kChecksum, kNotForUs, kFragment, kProtocol, kNoPort, kNoRoute, kDrops };
  struct Datagram {
    uint8_t* ip;
    uint8_t* udp;
    uint16_t length;
    uint16_t sum;  // as it came
    uint8_t* spare;
  };
  struct Socket {
    uint32_t address;  // 0: any
    uint16_t port;
    uint32_t (EchoBaseline::*onDatagram)(Socket&, const Datagram&);
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

  uint32_t Dropped(Drop reason) {
    dropped_[reason]++;
    return 0;
  }
  uint32_t InputIpv4(uint8_t* ip, uint32_t length, uint8_t* spare);
  uint32_t InputUdp(uint8_t* ip, uint8_t* udp, uint32_t length, uint8_t* spare);
  uint32_t Reply(Socket& socket, const Datagram& datagram);
  uint32_t SendView(Socket& socket, const Datagram& datagram);
  uint32_t SendCopy(Socket& socket, const Datagram& datagram);
  uint32_t Send(Socket& socket, const Datagram& datagram, const uint8_t* payload);
  uint32_t Output(Socket& socket, const Datagram& datagram, uint8_t* frame, uint16_t knownSum);
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
