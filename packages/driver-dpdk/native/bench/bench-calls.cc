#include "bench-calls.h"

#include <lunetta/node-calls.h>

#include <cstring>

#include "bench-queue.h"

namespace lunetta {

namespace {

template <typename Value>
Value BytesOf(const Napi::Object& config, const char* name) {
  Value value;
  memcpy(&value, config.Get(name).As<Napi::Uint8Array>().Data(), sizeof value);
  return value;
}

Work WorkOf(const Napi::Value& value) { return static_cast<Work>(value.As<Napi::Number>().Uint32Value()); }

Stamp StampOf(const Napi::Value& value) {
  const auto headers = value.As<Napi::Uint8Array>();
  return Stamp(headers.Data(), headers.ByteLength());
}

Napi::Object Told(Napi::Env env, const LoopResult& result) {
  Napi::Object told = Napi::Object::New(env);
  told.Set("frames", static_cast<double>(result.frames));
  told.Set("dropped", static_cast<double>(result.dropped));
  told.Set("seconds", result.seconds);
  return told;
}

}  // namespace

Napi::Value BenchCalls(Napi::Env env, const QueueRequest& request, const std::shared_ptr<DpdkQueue>& queue,
                       const std::shared_ptr<FrameStore>& store, const Napi::Object& config) {
  auto baseline = std::make_unique<EchoBaseline>(BytesOf<uint32_t>(config, "ownAddress"), BytesOf<rte_ether_addr>(config, "ownMac"),
                        BytesOf<uint32_t>(config, "peerAddress"), BytesOf<rte_ether_addr>(config, "peerMac"),
                        static_cast<uint16_t>(config.Get("port").As<Napi::Number>().Uint32Value()));
  auto bench = std::make_shared<BenchQueue>(request, queue, store, StampOf(config.Get("headers")), std::move(baseline));
  Napi::Object calls = Napi::Object::New(env);
  calls.Set("poll", RawFunction(env, "poll", QueueCalls<BenchQueue>::Poll, bench));
  calls.Set("run", Napi::Function::New(env, [bench](const Napi::CallbackInfo& info) {
    const auto frames = static_cast<uint64_t>(info[1].As<Napi::Number>().DoubleValue());
    return Told(info.Env(), bench->Run(WorkOf(info[0]), frames));
  }));
  calls.Set("runBare", Napi::Function::New(env, [bench](const Napi::CallbackInfo& info) {
    const auto frames = static_cast<uint64_t>(info[1].As<Napi::Number>().DoubleValue());
    return Told(info.Env(), bench->RunBare(WorkOf(info[0]), frames, info[2].As<Napi::Boolean>()));
  }));
  calls.Set("close", Napi::Function::New(env, [bench](const Napi::CallbackInfo&) { bench->Close(); }));
  calls.Set("setHeaders", Napi::Function::New(env, [bench](const Napi::CallbackInfo& info) { bench->SetStamp(StampOf(info[0])); }));
  calls.Set("seed", Napi::Function::New(env, [bench](const Napi::CallbackInfo& info) {
    const uint32_t frames = info[0].As<Napi::Number>(), length = info[1].As<Napi::Number>();
    bench->Seed(frames, length, static_cast<uint8_t>(info[2].As<Napi::Number>().Uint32Value()));
  }));
  return calls;
}

}  // namespace lunetta
