#pragma once

#include <lunetta/link-monitor.h>
#include <napi.h>
#include <uv.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dpdk-queue.h"
#include "eth-device.h"

namespace lunetta {

// The control half of a port, as JavaScript sees it (NativePort in src/addon.ts): opening, waking, events, closing.
// From the constructor until its libuv handles are closed it refers to itself, so that the collector cannot take it
// from under libuv.
class DpdkPort : public Napi::ObjectWrap<DpdkPort> {
 public:
  static Napi::Function Define(Napi::Env env);
  // Bytes that a memory given for so many buffers must have.
  static size_t MemorySize(uint32_t buffers, uint32_t mtu);
  explicit DpdkPort(const Napi::CallbackInfo& info);

 private:
  // One of the port's queues, and what wakes it.
  struct QueueEnd {
    uint16_t index = 0;  // the device's number of it
    QueueRequest request;
    std::shared_ptr<FrameStore> store;
    std::shared_ptr<DpdkQueue> queue;
    uv_poll_t* interrupt = nullptr;
    bool armed = false;
  };

  void OpenDevice(const Napi::Object& config);
  void MakeQueues(const Napi::Object& config);
  void StartWatching(Napi::Env env);
  void Undo();
  Napi::Object Share(Napi::Env env, QueueEnd& end);

  Napi::Value SetListener(const Napi::CallbackInfo& info);
  Napi::Value Arm(const Napi::CallbackInfo& info);
  Napi::Value Audit(const Napi::CallbackInfo& info);
  Napi::Value Statistics(const Napi::CallbackInfo& info);
  Napi::Value ExtendedStatistics(const Napi::CallbackInfo& info);
  Napi::Value Describe(const Napi::CallbackInfo& info);
  Napi::Value Mtu(const Napi::CallbackInfo& info);
  Napi::Value State(const Napi::CallbackInfo& info);
  Napi::Value SetMulticastList(const Napi::CallbackInfo& info);
  Napi::Value SetLink(const Napi::CallbackInfo& info);
  Napi::Value Bench(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  void Look();
  void ApplyMonitor();
  void BecomeGone();
  void SetState(LinkState state);
  void Announce(const char* event);
  void OnInterrupt(const uv_poll_t* interrupt);
  void CloseHandles();
  void CloseQueues();
  void OnHandleClosed();
  template <typename Handle>
  Handle* Register(Handle* handle);
  static void OnTeardown(napi_async_cleanup_hook_handle handle, void* port);

  std::string memoryName_;
  std::shared_ptr<EthDevice> device_;
  std::vector<QueueEnd> ends_;
  std::optional<LinkMonitor> monitor_;
  LinkState state_ = LinkState::Down;
  uint32_t mtu_ = 0;
  rte_eth_stats lastStats_{};
  uint32_t maxMtu_ = 0;  // what the buffers hold

  std::vector<uv_handle_t*> handles_;
  uv_async_t* async_ = nullptr;
  size_t openHandles_ = 0;
  bool closed_ = false;

  Napi::FunctionReference onWake_;
  Napi::FunctionReference onEvent_;
  Napi::FunctionReference onClosed_;
  napi_async_cleanup_hook_handle teardownHook_ = nullptr;
  bool tearingDown_ = false;
};

}  // namespace lunetta
