#pragma once

#include <lunetta/link-monitor.h>
#include <napi.h>
#include <uv.h>

#include <memory>
#include <optional>

#include "tap-queue.h"
#include "tun-device.h"

namespace lunetta {

// The control half of a port, as JavaScript sees it (NativePort in src/addon.ts): opening, waking, events, closing.
// From the constructor until its libuv handles are closed it refers to itself, so that the collector cannot take it
// from under libuv. All of its state is its own: any number of environments (worker threads) may load the add-on.
class TapPort : public Napi::ObjectWrap<TapPort> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit TapPort(const Napi::CallbackInfo& info);

 private:
  void OpenDevice(const Napi::Object& config);
  void ShareRegion(Napi::Env env);
  void StartPolling(Napi::Env env);

  Napi::Value SetListener(const Napi::CallbackInfo& info);
  Napi::Value Arm(const Napi::CallbackInfo& info);
  Napi::Value Audit(const Napi::CallbackInfo& info);
  Napi::Value Statistics(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value Device(const Napi::CallbackInfo& info);
  Napi::Value Mtu(const Napi::CallbackInfo& info);
  Napi::Value State(const Napi::CallbackInfo& info);
  Napi::Value Created(const Napi::CallbackInfo& info);

  void Watch();
  void Unwatch();
  void OnFrames(int status);
  void OnLink();
  void Apply(const LinkReport& report);
  void Announce(const char* event);
  void BecomeGone();
  uint32_t UsableMtu(uint32_t deviceMtu) const;
  void CloseHandles();
  void OnHandleClosed();
  static void OnTeardown(napi_async_cleanup_hook_handle handle, void* port);

  std::optional<TunDevice> device_;
  std::optional<LinkMonitor> monitor_;
  std::shared_ptr<TapQueue> queue_;
  uint32_t mtu_ = 0;

  uv_poll_t* frames_ = nullptr;  // the TAP device's descriptor
  uv_poll_t* link_ = nullptr;    // the monitor's
  int openHandles_ = 0;
  int watching_ = 0;             // the events that frames_ is started for
  int idleCallbacks_ = 0;        // of frames_, since the last arm
  bool armed_ = false;
  bool announcedGone_ = false;

  Napi::FunctionReference onWake_;
  Napi::FunctionReference onEvent_;
  Napi::FunctionReference onClosed_;
  napi_async_cleanup_hook_handle teardownHook_ = nullptr;
  bool tearingDown_ = false;
};

}  // namespace lunetta
