#include "ring-pair.h"

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <map>
#include <memory>
#include <mutex>

#include "dpdk-error.h"

namespace lunetta {

namespace {

struct Cable {
  rte_ring* rings[2];
  int openEnds;
};

std::mutex cablesMutex;
std::map<std::string, std::shared_ptr<Cable>> cables;  // by the name of the device at each end

rte_ring* MakeRing(const std::string& name, uint32_t size) {
  rte_ring* ring = rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
  if (ring == nullptr) throw DpdkError("ring", rte_errno);
  return ring;
}

}  // namespace

void ConnectRings(const std::string& a, const std::string& b, uint32_t size) {
  rte_ring* there = MakeRing("lun_" + a + "_" + b, size);
  rte_ring* back = MakeRing("lun_" + b + "_" + a, size);
  const auto socket = static_cast<unsigned>(rte_socket_id() == static_cast<unsigned>(SOCKET_ID_ANY) ? 0 : rte_socket_id());
  if (rte_eth_from_rings(a.c_str(), &back, 1, &there, 1, socket) < 0) throw DpdkError("ring", rte_errno);
  if (rte_eth_from_rings(b.c_str(), &there, 1, &back, 1, socket) < 0) throw DpdkError("ring", rte_errno);
  auto cable = std::make_shared<Cable>(Cable{{there, back}, 2});
  std::lock_guard<std::mutex> lock(cablesMutex);
  cables["net_ring_" + a] = cables["net_ring_" + b] = cable;
}

void RingEndClosed(const std::string& device) {
  std::lock_guard<std::mutex> lock(cablesMutex);
  const auto found = cables.find(device);
  if (found == cables.end()) return;
  const std::shared_ptr<Cable> cable = found->second;
  cables.erase(found);
  if (--cable->openEnds > 0) return;
  for (rte_ring* ring : cable->rings) {
    void* mbuf;
    while (rte_ring_dequeue(ring, &mbuf) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
    rte_ring_free(ring);
  }
}

}  // namespace lunetta
