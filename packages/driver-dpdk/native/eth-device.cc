#include "eth-device.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "dpdk-error.h"
#include "interrupt-thread.h"
#include "private-descriptors.h"
#include "ring-pair.h"

namespace lunetta {

namespace {

std::mutex devicesMutex;
std::map<std::string, std::weak_ptr<EthDevice>> devices;

// Stopping a device waits for its threads; frames that still arrive are taken out meanwhile.
constexpr uint32_t kDrainLimit = 1 << 16;
constexpr uint16_t kDrainBurst = 64;

void Drain(uint16_t id, uint16_t queue) {
  rte_mbuf* mbufs[kDrainBurst];
  for (uint32_t drained = 0; drained < kDrainLimit;) {
    const uint16_t count = rte_eth_rx_burst(id, queue, mbufs, kDrainBurst);
    if (count == 0) return;
    rte_pktmbuf_free_bulk(mbufs, count);
    drained += count;
  }
}

}  // namespace

std::shared_ptr<EthDevice> EthDevice::Open(const DeviceRequest& request) {
  std::lock_guard<std::mutex> lock(devicesMutex);
  std::weak_ptr<EthDevice>& known = devices[request.name];
  if (auto device = known.lock()) {
    if (device->removed_ || device->queues() != request.queues) throw DpdkError("busy", EBUSY);
    return device;
  }
  PrivateDescriptors descriptors;
  std::shared_ptr<EthDevice> device(new EthDevice(request));
  known = device;
  return device;
}

EthDevice::EthDevice(const DeviceRequest& request) : request_(request), taken_(request.queues) {
  try {
    const Sockets before = OpenSockets(AF_XDP);
    Attach();
    Configure();
    SetUpQueues();
    for (const auto& each : OpenSockets(AF_XDP)) {
      if (before.count(each.first) == 0) xdpSockets_.insert(each);
    }
    Start();
  } catch (...) {
    Close();
    throw;
  }
}

EthDevice::~EthDevice() { Close(); }

// ---- opening ----

void EthDevice::Attach() {
  const char* name = request_.name.c_str();
  if (rte_eth_dev_get_port_by_name(name, &id_) != 0) {
    Check("probe", rte_eal_hotplug_add(request_.bus.c_str(), name, request_.arguments.c_str()));
    added_ = true;
    // A device that no driver took is plugged all the same.
    Check("driver", rte_eth_dev_get_port_by_name(name, &id_));
  } else {
    added_ = true;
  }
  Check("info", rte_eth_dev_info_get(id_, &info_));
  if (request_.queues > info_.max_rx_queues || request_.queues > info_.max_tx_queues) throw DpdkError("queues", ERANGE);
}

void EthDevice::Configure() {
  ChooseOffloads(&conf_);
  ChooseRss(&conf_);
  const uint16_t mtu = request_.mtu.value_or(std::min<uint16_t>(RTE_ETHER_MTU, info_.max_mtu));
  if (mtu < info_.min_mtu || mtu > info_.max_mtu) throw DpdkError("mtu", ERANGE);
  conf_.rxmode.mtu = mtu;
  conf_.intr_conf.lsc = !IsEm() && (*info_.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
  conf_.intr_conf.rmv = (*info_.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
  conf_.intr_conf.rxq = request_.interrupts && isPci() && !IsEm();
  int result = rte_eth_dev_configure(id_, request_.queues, request_.queues, &conf_);
  if (result < 0 && conf_.intr_conf.rxq) {
    conf_.intr_conf.rxq = 0;
    result = rte_eth_dev_configure(id_, request_.queues, request_.queues, &conf_);
  }
  Check("configure", result);
  configured_ = true;
  SetMtu();
}

// DPDK's driver of 82540 to 82574. It says that it interrupts for frames and links; through VFIO (emulated cards) an 82540EM
// interrupts for neither, and an 82574L not for frames.
bool EthDevice::IsEm() const { return strcmp(info_.driver_name, "net_e1000_em") == 0; }

void EthDevice::ChooseOffloads(rte_eth_conf* conf) {
  uint64_t rx = 0, tx = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  if (request_.rxOffloads) {
    rx |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
    if (request_.queues > 1) rx |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
  }
  if (request_.vlanStrip) rx |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
  if (request_.txOffloads) {
    tx |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
          RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
    if (request_.tso) tx |= RTE_ETH_TX_OFFLOAD_TCP_TSO;
  }
  rxOffloads_ = rx & info_.rx_offload_capa;
  // One bit of these devices (CTRL.VME) enables both ways: without it tags are left out on sending.
  if (IsEm() && (rxOffloads_ & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) == 0) tx &= ~RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
  txOffloads_ = tx & info_.tx_offload_capa;
  conf->rxmode.offloads = rxOffloads_;
  conf->txmode.offloads = txOffloads_;
}

uint32_t EthDevice::cutOverhead() const { return strcmp(info_.driver_name, "net_tap") == 0 ? 0 : RTE_ETHER_HDR_LEN; }

void EthDevice::ChooseRss(rte_eth_conf* conf) {
  if (request_.queues == 1 && request_.rssTypes == 0) return;
  const uint64_t wanted = request_.rssTypes != 0 ? request_.rssTypes : RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP;
  const uint64_t types = wanted & info_.flow_type_rss_offloads;
  // A virtual device distributes by itself, or not at all.
  if (types == 0) return;
  conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  conf->rx_adv_conf.rss_conf.rss_hf = types;
  if (request_.rssKey.empty()) return;
  if (info_.hash_key_size != 0 && request_.rssKey.size() != info_.hash_key_size) throw DpdkError("rssKey", ERANGE);
  conf->rx_adv_conf.rss_conf.rss_key = request_.rssKey.data();
  conf->rx_adv_conf.rss_conf.rss_key_len = static_cast<uint8_t>(request_.rssKey.size());
}

// What a device says it can do may be more than it does (em claims 65,535): what its longest frame holds counts. A network
// interface of the kernel keeps the MTU that it has, unless another one is asked for.
void EthDevice::SetMtu() {
  uint32_t mtu = conf_.rxmode.mtu;
  if (request_.mtu && info_.max_rx_pktlen > RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN) {
    mtu = std::min(mtu, info_.max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN);
  }
  if (request_.mtu) {
    const int result = rte_eth_dev_set_mtu(id_, static_cast<uint16_t>(mtu));
    if (result < 0 && result != -ENOTSUP) throw DpdkError("mtu", result);
  }
  uint16_t actual;
  mtu_ = rte_eth_dev_get_mtu(id_, &actual) == 0 ? actual : static_cast<uint16_t>(mtu);
}

void EthDevice::SetUpQueues() {
  rxDescriptors_ = request_.rxDescriptors;
  txDescriptors_ = request_.txDescriptors;
  Check("descriptors", rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rxDescriptors_, &txDescriptors_));
  const int socket = rte_eth_dev_socket_id(id_);
  for (uint16_t queue = 0; queue < request_.queues; queue++) {
    stores_.push_back(request_.storeFor(*this, socket));
    rte_eth_rxconf rx = info_.default_rxconf;
    rx.offloads = rxOffloads_;
    Check("rxQueue", rte_eth_rx_queue_setup(id_, queue, rxDescriptors_, socket, &rx, stores_.back()->pool()));
    rte_eth_txconf tx = info_.default_txconf;
    tx.offloads = txOffloads_;
    Check("txQueue", rte_eth_tx_queue_setup(id_, queue, txDescriptors_, socket, &tx));
  }
}

void EthDevice::Start() {
  rte_eth_dev_callback_register(id_, RTE_ETH_EVENT_INTR_LSC, OnEthEvent, this);
  rte_eth_dev_callback_register(id_, RTE_ETH_EVENT_INTR_RMV, OnEthEvent, this);
  if (request_.bus == "pci") rte_dev_event_callback_register(request_.name.c_str(), OnDeviceEvent, this);
  Check("start", rte_eth_dev_start(id_));
  started_ = true;
  SetHardwareAddress();
  if (request_.promiscuous) Check("promiscuous", rte_eth_promiscuous_enable(id_));
  if (request_.allMulticast) Check("allMulticast", rte_eth_allmulticast_enable(id_));
  if (!request_.rssTable.empty()) {
    std::vector<rte_eth_rss_reta_entry64> entries(std::max<size_t>(1, (info_.reta_size + 63u) / 64));
    for (uint16_t i = 0; i < info_.reta_size; i++) {
      entries[i / 64].mask |= uint64_t{1} << (i % 64);
      entries[i / 64].reta[i % 64] = request_.rssTable[i % request_.rssTable.size()];
    }
    Check("rssTable", rte_eth_dev_rss_reta_update(id_, entries.data(), info_.reta_size));
  }
  FindInterrupts();
  rte_eth_stats_reset(id_);
}

// A device that cannot take another address receives everything instead; the stack passes over what is not for it.
void EthDevice::SetHardwareAddress() {
  if (!request_.hardwareAddress) return;
  const rte_ether_addr own = hardwareAddress();
  if (rte_is_same_ether_addr(&own, &*request_.hardwareAddress)) return;
  if (rte_eth_dev_default_mac_addr_set(id_, &*request_.hardwareAddress) == 0) return;
  request_.promiscuous = true;
}

void EthDevice::FindInterrupts() {
  if (!conf_.intr_conf.rxq) return;
  hasInterrupts_ = true;
  for (uint16_t queue = 0; queue < request_.queues; queue++) {
    if (rte_eth_dev_rx_intr_ctl_q_get_fd(id_, queue) < 0 || rte_eth_dev_rx_intr_enable(id_, queue) != 0) hasInterrupts_ = false;
    rte_eth_dev_rx_intr_disable(id_, queue);
  }
}

// ---- asking and setting ----

rte_ether_addr EthDevice::hardwareAddress() const {
  rte_ether_addr address{};
  rte_eth_macaddr_get(id_, &address);
  return address;
}

bool EthDevice::isUp() const {
  rte_eth_link link;
  return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

RssState EthDevice::Rss() const {
  RssState state;
  state.key.resize(info_.hash_key_size != 0 ? info_.hash_key_size : 40);
  rte_eth_rss_conf conf{};
  conf.rss_key = state.key.data();
  conf.rss_key_len = static_cast<uint8_t>(state.key.size());
  if (rte_eth_dev_rss_hash_conf_get(id_, &conf) != 0) {
    state.key.clear();
    return state;
  }
  state.types = conf.rss_hf;
  std::vector<rte_eth_rss_reta_entry64> entries((info_.reta_size + 63u) / 64);
  for (auto& entry : entries) entry.mask = ~uint64_t{0};
  if (info_.reta_size == 0 || rte_eth_dev_rss_reta_query(id_, entries.data(), info_.reta_size) != 0) return state;
  for (uint16_t i = 0; i < info_.reta_size; i++) state.table.push_back(entries[i / 64].reta[i % 64]);
  return state;
}

// A device without a filter for single groups takes all of them.
void EthDevice::SetMulticastList(const std::vector<rte_ether_addr>& addresses) {
  auto list = addresses;
  if (rte_eth_dev_set_mc_addr_list(id_, list.data(), static_cast<uint32_t>(list.size())) == 0) return;
  if (addresses.empty() || isPromiscuous()) return;
  if (rte_eth_allmulticast_enable(id_) != 0) rte_eth_promiscuous_enable(id_);
}

// ---- events ----

bool EthDevice::TakeQueue(uint16_t queue) {
  std::lock_guard<std::mutex> lock(listenersMutex_);
  if (queue >= taken_.size() || taken_[queue]) return false;
  taken_[queue] = true;
  return true;
}

void EthDevice::ReleaseQueue(uint16_t queue) {
  std::lock_guard<std::mutex> lock(listenersMutex_);
  taken_[queue] = false;
}

void EthDevice::AddListener(uv_async_t* async) {
  std::lock_guard<std::mutex> lock(listenersMutex_);
  listeners_.push_back(async);
}

void EthDevice::RemoveListener(uv_async_t* async) {
  std::lock_guard<std::mutex> lock(listenersMutex_);
  listeners_.erase(std::remove(listeners_.begin(), listeners_.end(), async), listeners_.end());
}

void EthDevice::Tell() {
  std::lock_guard<std::mutex> lock(listenersMutex_);
  for (uv_async_t* listener : listeners_) uv_async_send(listener);
}

int EthDevice::OnEthEvent(uint16_t, rte_eth_event_type type, void* self, void*) {
  auto device = static_cast<EthDevice*>(self);
  if (type == RTE_ETH_EVENT_INTR_RMV) device->removed_ = true;
  device->Tell();
  return 0;
}

void EthDevice::OnDeviceEvent(const char*, rte_dev_event_type type, void* self) {
  if (type != RTE_DEV_EVENT_REMOVE) return;
  auto device = static_cast<EthDevice*>(self);
  device->removed_ = true;
  device->Tell();
}

// ---- closing ----

// net_af_xdp of DPDK 22.11 forgets its socket when it is closed, and with it the buffers that the kernel was to fill.
void EthDevice::EndForgottenSockets() {
  const Sockets open = OpenSockets(AF_XDP);
  for (const auto& [fd, inode] : xdpSockets_) {
    const auto found = open.find(fd);
    if (found != open.end() && found->second == inode) close(fd);
  }
  xdpSockets_.clear();
  for (const auto& store : stores_) store->TakeForgotten(request_.queues);
}

void EthDevice::Close() {
  if (id_ != RTE_MAX_ETHPORTS) {
    rte_eth_dev_callback_unregister(id_, RTE_ETH_EVENT_INTR_LSC, OnEthEvent, this);
    rte_eth_dev_callback_unregister(id_, RTE_ETH_EVENT_INTR_RMV, OnEthEvent, this);
    if (request_.bus == "pci") rte_dev_event_callback_unregister(request_.name.c_str(), OnDeviceEvent, this);
    // A ring keeps what was sent into it.
    if (started_ && !removed_ && strcmp(info_.driver_name, "net_ring") == 0) {
      for (uint16_t queue = 0; queue < request_.queues; queue++) Drain(id_, queue);
    }
    auto stop = [this] {
      if (started_) rte_eth_dev_stop(id_);
      rte_eth_dev_close(id_);
    };
    // Where the other end has just gone, the interrupt thread is taking memif apart, and must not find it freed.
    if (strcmp(info_.driver_name, "net_memif") == 0) {
      RunOnInterruptThread(stop);
    } else {
      stop();
    }
  }
  if (added_) rte_eal_hotplug_remove(request_.bus.c_str(), request_.name.c_str());
  if (!xdpSockets_.empty()) EndForgottenSockets();
  RingEndClosed(request_.name);
  started_ = added_ = false;
  id_ = RTE_MAX_ETHPORTS;
}

}  // namespace lunetta
