#include <lunetta/node-calls.h>
#include <napi.h>
#include <rte_eth_ring.h>
#include <rte_version.h>

#include "dpdk-error.h"
#include "dpdk-port.h"
#include "eal.h"
#include "environment.h"
#include "ring-pair.h"

namespace lunetta {

namespace {

Napi::Error ErrorWithLog(Napi::Env env, const DpdkError& failure) {
  Napi::Error error = ErrorOf(env, failure);
  error.Value().Set("log", failure.log);
  return error;
}

// startEal(arguments): throws an Error with `step`, `errno` and `log`.
Napi::Value StartEal(const Napi::CallbackInfo& info) {
  const auto list = info[0].As<Napi::Array>();
  std::vector<std::string> arguments;
  for (uint32_t i = 0; i < list.Length(); i++) arguments.push_back(list.Get(i).As<Napi::String>());
  try {
    eal::Start(arguments);
  } catch (const DpdkError& failure) {
    throw ErrorWithLog(info.Env(), failure);
  }
  return info.Env().Undefined();
}

// ealArguments(): what EAL was started with; undefined if it does not run.
Napi::Value EalArguments(const Napi::CallbackInfo& info) {
  if (!eal::IsRunning()) return info.Env().Undefined();
  Napi::Array list = Napi::Array::New(info.Env());
  for (const std::string& argument : eal::Arguments()) list.Set(list.Length(), argument);
  return list;
}

Napi::Value Devices(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  uint16_t id;
  RTE_ETH_FOREACH_DEV(id) {
    rte_eth_dev_info device;
    char name[RTE_ETH_NAME_MAX_LEN];
    if (rte_eth_dev_info_get(id, &device) != 0 || rte_eth_dev_get_name_by_port(id, name) != 0) continue;
    rte_ether_addr address{};
    rte_eth_macaddr_get(id, &address);
    const uint8_t* mac = address.addr_bytes;
    char text[RTE_ETHER_ADDR_FMT_SIZE];
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    Napi::Object each = Napi::Object::New(info.Env());
    each.Set("device", std::string(name));
    each.Set("kind", std::string(device.driver_name));
    each.Set("hardwareAddress", std::string(text));
    each.Set("queues", std::min(device.max_rx_queues, device.max_tx_queues));
    const int node = rte_eth_dev_socket_id(id);
    if (node >= 0) each.Set("numaNode", node);
    list.Set(list.Length(), each);
  }
  return list;
}

Napi::Value MakeRingPair(const Napi::CallbackInfo& info) {
  try {
    ConnectRings(info[0].As<Napi::String>(), info[1].As<Napi::String>(), info[2].As<Napi::Number>());
  } catch (const DpdkError& failure) {
    throw ErrorWithLog(info.Env(), failure);
  }
  return info.Env().Undefined();
}

Napi::Value StoreSize(const Napi::CallbackInfo& info) {
  const uint32_t buffers = info[0].As<Napi::Number>(), mtu = info[1].As<Napi::Number>();
  return Napi::Number::New(info.Env(), static_cast<double>(DpdkPort::MemorySize(buffers, mtu)));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  exports.Set("DpdkPort", DpdkPort::Define(env));
  exports.Set("version", rte_version());
  exports.Set("startEal", Napi::Function::New(env, StartEal, "startEal"));
  exports.Set("ealArguments", Napi::Function::New(env, EalArguments, "ealArguments"));
  exports.Set("devices", Napi::Function::New(env, Devices, "devices"));
  exports.Set("connectRings", Napi::Function::New(env, MakeRingPair, "connectRings"));
  exports.Set("memorySize", Napi::Function::New(env, StoreSize, "memorySize"));
  return exports;
}

}  // namespace

}  // namespace lunetta

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) { return lunetta::Init(env, exports); }

NODE_API_MODULE(lunetta_dpdk, InitAddon)
