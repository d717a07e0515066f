#include "port-config.h"

#include <cstring>

namespace lunetta {

const std::array<RssTypeName, 8> kRssTypes = {{
    {"ipv4", RTE_ETH_RSS_IPV4},
    {"ipv4-fragment", RTE_ETH_RSS_FRAG_IPV4},
    {"ipv4-tcp", RTE_ETH_RSS_NONFRAG_IPV4_TCP},
    {"ipv4-udp", RTE_ETH_RSS_NONFRAG_IPV4_UDP},
    {"ipv4-other", RTE_ETH_RSS_NONFRAG_IPV4_OTHER},
    {"ipv6", RTE_ETH_RSS_IPV6},
    {"ipv6-tcp", RTE_ETH_RSS_NONFRAG_IPV6_TCP},
    {"ipv6-udp", RTE_ETH_RSS_NONFRAG_IPV6_UDP},
}};

DeviceRequest DeviceRequestOf(const Napi::Object& config) {
  DeviceRequest request;
  request.bus = TextOf(config, "bus");
  request.name = TextOf(config, "name");
  request.arguments = TextOf(config, "arguments");
  request.queues = static_cast<uint16_t>(NumberOf(config, "queues"));
  request.rxDescriptors = static_cast<uint16_t>(NumberOf(config, "rxDescriptors"));
  request.txDescriptors = static_cast<uint16_t>(NumberOf(config, "txDescriptors"));
  request.promiscuous = FlagOf(config, "promiscuous");
  request.allMulticast = FlagOf(config, "allMulticast");
  request.rxOffloads = FlagOf(config, "rxOffloads");
  request.txOffloads = FlagOf(config, "txOffloads");
  request.tso = FlagOf(config, "tso");
  request.vlanStrip = FlagOf(config, "vlanStrip");
  request.interrupts = FlagOf(config, "interrupts");
  if (config.Has("mtu")) request.mtu = static_cast<uint16_t>(NumberOf(config, "mtu"));
  if (config.Has("hardwareAddress")) {
    const auto address = config.Get("hardwareAddress").As<Napi::Uint8Array>();
    request.hardwareAddress.emplace();
    memcpy(&*request.hardwareAddress, address.Data(), sizeof(rte_ether_addr));
  }
  const auto types = config.Get("rssTypes").As<Napi::Array>();
  for (uint32_t i = 0; i < types.Length(); i++) {
    const std::string name = types.Get(i).As<Napi::String>();
    for (const RssTypeName& type : kRssTypes) {
      if (name == type.name) request.rssTypes |= type.bit;
    }
  }
  const auto key = config.Get("rssKey").As<Napi::Uint8Array>();
  request.rssKey.assign(key.Data(), key.Data() + key.ByteLength());
  const auto table = config.Get("rssTable").As<Napi::Array>();
  for (uint32_t i = 0; i < table.Length(); i++) {
    request.rssTable.push_back(static_cast<uint16_t>(table.Get(i).As<Napi::Number>().Uint32Value()));
  }
  return request;
}

}  // namespace lunetta
