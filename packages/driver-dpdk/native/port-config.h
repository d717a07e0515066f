#pragma once

#include <napi.h>

#include <string>

#include "eth-device.h"

namespace lunetta {

// Reads what src/dpdk-driver.ts hands down; it has checked all of it.
inline std::string TextOf(const Napi::Object& config, const char* name) {
  return config.Get(name).As<Napi::String>().Utf8Value();
}
inline uint32_t NumberOf(const Napi::Object& config, const char* name) {
  return config.Get(name).As<Napi::Number>().Uint32Value();
}
inline bool FlagOf(const Napi::Object& config, const char* name) { return config.Get(name).As<Napi::Boolean>().Value(); }

// All but storeFor.
DeviceRequest DeviceRequestOf(const Napi::Object& config);

// Names of the packet types that RSS may look at, and DPDK's bits.
struct RssTypeName {
  const char* name;
  uint64_t bit;
};
extern const std::array<RssTypeName, 8> kRssTypes;

}  // namespace lunetta
