#include <napi.h>

#include "tap-port.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("TapPort", lunetta::TapPort::Define(env));
  return exports;
}

NODE_API_MODULE(lunetta_tap, Init)
