#pragma once

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "frame-store.h"
#include "private-descriptors.h"

namespace lunetta {

class EthDevice;

// How a device is to be opened.
struct DeviceRequest {
  std::string bus;        // "pci" or "vdev"
  std::string name;       // 0000:01:00.0, net_null0
  std::string arguments;  // of the device, as DPDK wants them
  uint16_t queues = 1;
  uint16_t rxDescriptors = 512;
  uint16_t txDescriptors = 512;
  std::optional<uint16_t> mtu;
  std::optional<rte_ether_addr> hardwareAddress;
  bool promiscuous = false;
  bool allMulticast = false;
  bool rxOffloads = true;
  bool txOffloads = true;
  bool tso = true;
  bool vlanStrip = false;
  bool interrupts = true;
  uint64_t rssTypes = 0;  // RTE_ETH_RSS_...; 0: the driver's own choice
  std::vector<uint8_t> rssKey;
  std::vector<uint16_t> rssTable;
  // For each queue, asked once the device is configured: where it receives into.
  std::function<std::shared_ptr<FrameStore>(const EthDevice&, int socket)> storeFor;
};

// What there is of RSS on an open device.
struct RssState {
  uint64_t types = 0;
  std::vector<uint8_t> key;
  std::vector<uint16_t> table;
};

// An Ethernet device of DPDK, configured and started; one in a process, which several ports (one in each worker thread)
// may share. Its members are control plane and may be called from any thread.
class EthDevice {
 public:
  // Opens the device, or joins those that have it open with as many queues. Throws DpdkError.
  static std::shared_ptr<EthDevice> Open(const DeviceRequest& request);
  // Stops and closes the device, and removes it if we added it.
  ~EthDevice();
  EthDevice(const EthDevice&) = delete;
  EthDevice& operator=(const EthDevice&) = delete;

  uint16_t id() const { return id_; }
  const rte_eth_dev_info& info() const { return info_; }
  uint16_t queues() const { return request_.queues; }
  uint16_t rxDescriptors() const { return rxDescriptors_; }
  uint16_t txDescriptors() const { return txDescriptors_; }
  uint16_t mtu() const { return mtu_; }
  uint64_t rxOffloads() const { return rxOffloads_; }
  uint64_t txOffloads() const { return txOffloads_; }
  // How much longer than the MTU frames may be that it cuts a TCP segment into; net_tap counts the Ethernet header in.
  uint32_t cutOverhead() const;
  bool isPci() const { return request_.bus == "pci"; }
  bool hasInterrupts() const { return hasInterrupts_; }
  bool isPromiscuous() const { return rte_eth_promiscuous_get(id_) == 1; }
  const std::shared_ptr<FrameStore>& store(uint16_t queue) const { return stores_[queue]; }
  rte_ether_addr hardwareAddress() const;
  bool isUp() const;
  RssState Rss() const;
  void SetMulticastList(const std::vector<rte_ether_addr>& addresses);

  // A queue belongs to one port. False if it is taken.
  bool TakeQueue(uint16_t queue);
  void ReleaseQueue(uint16_t queue);

  // `async` is sent whenever DPDK reports that the link changed or the device was removed.
  void AddListener(uv_async_t* async);
  void RemoveListener(uv_async_t* async);
  bool isRemoved() const { return removed_; }
  void SetRemoved() { removed_ = true; }

 private:
  explicit EthDevice(const DeviceRequest& request);
  void Attach();
  void Configure();
  bool IsEm() const;
  void ChooseOffloads(rte_eth_conf* conf);
  void ChooseRss(rte_eth_conf* conf);
  void SetUpQueues();
  void Start();
  void SetMtu();
  void SetHardwareAddress();
  void FindInterrupts();
  void Close();
  void EndForgottenSockets();
  void Tell();
  static int OnEthEvent(uint16_t id, rte_eth_event_type type, void* self, void*);
  static void OnDeviceEvent(const char* name, rte_dev_event_type type, void* self);

  DeviceRequest request_;
  bool added_ = false;
  bool configured_ = false;
  bool started_ = false;
  uint16_t id_ = RTE_MAX_ETHPORTS;
  rte_eth_dev_info info_{};
  rte_eth_conf conf_{};
  uint16_t rxDescriptors_ = 0, txDescriptors_ = 0;
  uint16_t mtu_ = 0;
  uint64_t rxOffloads_ = 0, txOffloads_ = 0;
  bool hasInterrupts_ = false;
  std::vector<std::shared_ptr<FrameStore>> stores_;
  Sockets xdpSockets_;

  std::mutex listenersMutex_;  // of the next two
  std::vector<bool> taken_;
  std::vector<uv_async_t*> listeners_;
  std::atomic<bool> removed_{false};
};

}  // namespace lunetta
