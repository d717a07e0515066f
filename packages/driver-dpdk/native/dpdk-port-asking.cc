// What a port says of itself, and its settings.
#include <lunetta/node-calls.h>
#include <rte_string_fns.h>

#include <algorithm>
#include <cstring>

#include "bench/bench-calls.h"
#include "dpdk-port.h"
#include "port-config.h"

namespace lunetta {

Napi::Value DpdkPort::Mtu(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), mtu_); }

Napi::Value DpdkPort::State(const Napi::CallbackInfo& info) {
  constexpr const char* kNames[] = {"up", "down", "gone"};
  return Napi::String::New(info.Env(), kNames[static_cast<int>(state_)]);
}

Napi::Value DpdkPort::Audit(const Napi::CallbackInfo& info) {
  FrameStore& store = *ends_[info[0].As<Napi::Number>().Uint32Value()].store;
  const Ownership& ownership = *store.ownership();
  const uint32_t size = store.buffers(), available = store.available();
  const uint32_t inUse = ownership.Count(kOwnerStack) + ownership.Count(kOwnerStock);
  Napi::Object audit = Napi::Object::New(info.Env());
  audit.Set("size", size);
  audit.Set("available", available);
  audit.Set("inUse", inUse);
  audit.Set("device", static_cast<double>(size) - available - inUse);
  return audit;
}

Napi::Value DpdkPort::Statistics(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  QueueCounters sum;
  RefusalCounts refused{};
  for (const QueueEnd& end : ends_) {
    const QueueCounters& counters = end.queue->counters();
    sum.rxFrames += counters.rxFrames;
    sum.rxBytes += counters.rxBytes;
    sum.txFrames += counters.txFrames;
    sum.txBytes += counters.txBytes;
    sum.rxCopied += counters.rxCopied;
    for (size_t i = 0; i < sum.lost.size(); i++) sum.lost[i] += counters.lost[i];
    for (size_t i = 0; i < refused.size(); i++) refused[i] += end.queue->refused()[i];
  }
  refused[static_cast<size_t>(Refusal::Offset)] += ends_.front().store->refusedSums();
  if (device_ != nullptr && state_ != LinkState::Gone) rte_eth_stats_get(device_->id(), &lastStats_);
  Napi::Object statistics = Napi::Object::New(env);
  statistics.Set("rxFrames", static_cast<double>(sum.rxFrames));
  statistics.Set("rxBytes", static_cast<double>(sum.rxBytes));
  statistics.Set("txFrames", static_cast<double>(sum.txFrames));
  statistics.Set("txBytes", static_cast<double>(sum.txBytes));
  Napi::Object dropped = Tally(env, sum.lost, kLossNames);
  dropped.Set("deviceMissed", static_cast<double>(lastStats_.imissed));
  dropped.Set("deviceNoBuffer", static_cast<double>(lastStats_.rx_nombuf));
  dropped.Set("deviceErrors", static_cast<double>(lastStats_.ierrors));
  statistics.Set("dropped", dropped);
  statistics.Set("refused", Tally(env, refused, kRefusalNames));
  Napi::Object noted = Napi::Object::New(env);
  noted.Set("rxCopied", static_cast<double>(sum.rxCopied));
  noted.Set("deviceTxErrors", static_cast<double>(lastStats_.oerrors));
  statistics.Set("noted", noted);
  return statistics;
}

Napi::Value DpdkPort::ExtendedStatistics(const Napi::CallbackInfo& info) {
  Napi::Object statistics = Napi::Object::New(info.Env());
  if (device_ == nullptr || state_ == LinkState::Gone) return statistics;
  const int count = rte_eth_xstats_get_names(device_->id(), nullptr, 0);
  if (count <= 0) return statistics;
  std::vector<rte_eth_xstat_name> names(static_cast<size_t>(count));
  std::vector<rte_eth_xstat> values(static_cast<size_t>(count));
  if (rte_eth_xstats_get_names(device_->id(), names.data(), static_cast<unsigned>(count)) != count) return statistics;
  if (rte_eth_xstats_get(device_->id(), values.data(), static_cast<unsigned>(count)) != count) return statistics;
  for (int i = 0; i < count; i++) statistics.Set(names[values[i].id].name, static_cast<double>(values[i].value));
  return statistics;
}

Napi::Value DpdkPort::Describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object description = Napi::Object::New(env);
  if (device_ == nullptr) return description;
  const rte_ether_addr address = device_->hardwareAddress();
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, sizeof address.addr_bytes);
  memcpy(bytes.Data(), address.addr_bytes, sizeof address.addr_bytes);
  description.Set("hardwareAddress", bytes);
  description.Set("driverName", device_->info().driver_name);
  description.Set("queues", device_->queues());
  description.Set("rxOffloads", static_cast<double>(device_->rxOffloads()));
  description.Set("txOffloads", static_cast<double>(device_->txOffloads()));
  rte_eth_link link{};
  if (state_ != LinkState::Gone) rte_eth_link_get_nowait(device_->id(), &link);
  description.Set("speedMbps", link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed);
  const RssState rss = device_->Rss();
  Napi::Array types = Napi::Array::New(env);
  for (const RssTypeName& type : kRssTypes) {
    if ((rss.types & type.bit) != 0) types.Set(types.Length(), type.name);
  }
  Napi::Uint8Array key = Napi::Uint8Array::New(env, rss.key.size());
  std::copy(rss.key.begin(), rss.key.end(), key.Data());
  Napi::Array table = Napi::Array::New(env);
  for (const uint16_t queue : rss.table) table.Set(table.Length(), queue);
  description.Set("rssTypes", types);
  description.Set("rssKey", key);
  description.Set("rssTable", table);
  return description;
}

Napi::Value DpdkPort::SetMulticastList(const Napi::CallbackInfo& info) {
  const auto list = info[0].As<Napi::Uint8Array>();
  std::vector<rte_ether_addr> addresses(list.ByteLength() / sizeof(rte_ether_addr));
  if (!addresses.empty()) memcpy(addresses.data(), list.Data(), addresses.size() * sizeof(rte_ether_addr));
  if (device_ != nullptr && state_ != LinkState::Gone) device_->SetMulticastList(addresses);
  return info.Env().Undefined();
}

Napi::Value DpdkPort::SetLink(const Napi::CallbackInfo& info) {
  int result = -ENODEV;
  if (device_ != nullptr && state_ != LinkState::Gone) {
    result = info[0].As<Napi::Boolean>().Value() ? rte_eth_dev_set_link_up(device_->id())
                                                 : rte_eth_dev_set_link_down(device_->id());
  }
  return Napi::Boolean::New(info.Env(), result == 0);
}

Napi::Value DpdkPort::Bench(const Napi::CallbackInfo& info) {
  const QueueEnd& end = ends_.front();
  return BenchCalls(info.Env(), end.request, end.queue, end.store, info[0].As<Napi::Object>());
}

}  // namespace lunetta
