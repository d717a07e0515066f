#include "ring-pair.h"

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "dpdk-error.h"

namespace lunetta {

namespace {

// Rings outlive their devices, which do not free them: they are used again by the next pair of that name.
rte_ring* RingFor(const std::string& name, uint32_t size) {
  rte_ring* ring = rte_ring_lookup(name.c_str());
  if (ring == nullptr) ring = rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
  if (ring == nullptr) throw DpdkError("ring", rte_errno);
  return ring;
}

}  // namespace

void ConnectRings(const std::string& a, const std::string& b, uint32_t size) {
  rte_ring* there = RingFor("lun_" + a + "_" + b, size);
  rte_ring* back = RingFor("lun_" + b + "_" + a, size);
  const auto socket = static_cast<unsigned>(rte_socket_id() == static_cast<unsigned>(SOCKET_ID_ANY) ? 0 : rte_socket_id());
  if (rte_eth_from_rings(a.c_str(), &back, 1, &there, 1, socket) < 0) throw DpdkError("ring", rte_errno);
  if (rte_eth_from_rings(b.c_str(), &there, 1, &back, 1, socket) < 0) throw DpdkError("ring", rte_errno);
}

}  // namespace lunetta
