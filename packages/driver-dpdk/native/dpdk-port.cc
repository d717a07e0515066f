#include "dpdk-port.h"

#include <lunetta/netns-scope.h>
#include <lunetta/node-calls.h>
#include <rte_eal.h>
#include <unistd.h>

#include <algorithm>

#include "dpdk-error.h"
#include "eal.h"
#include "environment.h"
#include "port-config.h"

namespace lunetta {

namespace {

// Ethernet header and two VLAN tags.
constexpr uint32_t kFrameOverhead = kEthernetHeader + 2 * kVlanTag;
// Intel's devices know the size of a buffer in units of 1 KiB.
constexpr uint32_t kRoomUnit = 1024;
constexpr uint32_t kSmallestRoom = 2048;
constexpr uint32_t kLargestRoom = 15 * 1024;
// DPDK tells of a link that changes only where the device has an interrupt for it; all others are asked.
constexpr uint64_t kLookEveryMs = 100;

// Room in a frame buffer. What a device is to cut up lies in one: the larger, the fewer.
uint32_t RoomFor(uint32_t mtu, bool cutsUp = false) {
  if (cutsUp) return kLargestRoom;
  const uint32_t room = (mtu + kFrameOverhead + kRoomUnit - 1) / kRoomUnit * kRoomUnit;
  // Longer frames come as chains.
  return room > kLargestRoom ? kSmallestRoom : std::max(kSmallestRoom, room);
}

uint32_t SegmentsFor(uint32_t mtu, uint32_t room) { return (mtu + kFrameOverhead + room - 1) / room; }

const char* NameOf(LinkState state) {
  return state == LinkState::Up ? "up" : state == LinkState::Down ? "down" : "gone";
}

void DeleteHandle(uv_handle_t* handle) {
  switch (handle->type) {
    case UV_TIMER:
      delete reinterpret_cast<uv_timer_t*>(handle);
      break;
    case UV_ASYNC:
      delete reinterpret_cast<uv_async_t*>(handle);
      break;
    default:
      delete reinterpret_cast<uv_poll_t*>(handle);
  }
}

}  // namespace

Napi::Function DpdkPort::Define(Napi::Env env) {
  return DefineClass(
      env, "DpdkPort",
      {InstanceMethod("setListener", &DpdkPort::SetListener), InstanceMethod("arm", &DpdkPort::Arm),
       InstanceMethod("audit", &DpdkPort::Audit), InstanceMethod("statistics", &DpdkPort::Statistics),
       InstanceMethod("extendedStatistics", &DpdkPort::ExtendedStatistics), InstanceMethod("describe", &DpdkPort::Describe),
       InstanceMethod("mtu", &DpdkPort::Mtu), InstanceMethod("linkState", &DpdkPort::State),
       InstanceMethod("setMulticastList", &DpdkPort::SetMulticastList), InstanceMethod("setLink", &DpdkPort::SetLink),
       InstanceMethod("bench", &DpdkPort::Bench),
       InstanceMethod("close", &DpdkPort::Close)});
}

size_t DpdkPort::MemorySize(uint32_t buffers, uint32_t mtu) { return FrameStore::SizeFor(buffers, RoomFor(mtu)); }

// ---- opening ----

DpdkPort::DpdkPort(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DpdkPort>(info) {
  const auto config = info[0].As<Napi::Object>();
  try {
    eal::TakeLog();
    eal::RegisterThread();
    OpenDevice(config);
    MakeQueues(config);
    StartWatching(info.Env());
    Napi::Array queues = Napi::Array::New(info.Env());
    for (QueueEnd& end : ends_) queues.Set(queues.Length(), Share(info.Env(), end));
    Value().Set("queues", queues);
  } catch (const DpdkError& failure) {
    Undo();
    Napi::Error error = ErrorOf(info.Env(), failure);
    error.Value().Set("log", failure.log);
    throw error;
  } catch (const StepError& failure) {
    Undo();
    throw ErrorOf(info.Env(), failure);
  }
}

void DpdkPort::OpenDevice(const Napi::Object& config) {
  DeviceRequest request = DeviceRequestOf(config);
  const uint32_t buffers = NumberOf(config, "buffers");
  const bool split = config.Has("queue");
  memoryName_ = TextOf(config, "memory");
  Environment& environment = Environment::Of(Env());
  std::shared_ptr<FrameStore> common = memoryName_.empty() ? nullptr : environment.SharedStore(memoryName_);
  uint8_t* given = nullptr;
  size_t givenSize = 0;
  if (config.Has("given")) {
    auto bytes = config.Get("given").As<Napi::Uint8Array>();
    given = bytes.Data();
    givenSize = bytes.ByteLength();
  }
  request.storeFor = [&, split](const EthDevice& device, int socket) {
    // One memory for all queues of the port, or, if each belongs to a thread of its own, one for each.
    if (common != nullptr && !split) return common;
    const bool contiguous = device.isPci() && rte_eal_iova_mode() != RTE_IOVA_VA;
    const uint32_t room = RoomFor(device.mtu(), (device.txOffloads() & RTE_ETH_TX_OFFLOAD_TCP_TSO) != 0);
    auto store = std::make_shared<FrameStore>(StoreRequest{buffers, room, socket, contiguous, given, givenSize});
    if (!split) common = store;
    return store;
  };
  NetnsScope netns(TextOf(config, "netns"));
  device_ = EthDevice::Open(request);
  if (!memoryName_.empty() && common != nullptr) environment.Share(memoryName_, common);
  if (given != nullptr) environment.Keep(device_->store(0), config.Get("given").As<Napi::Object>());
  if (device_->info().if_index > 0) monitor_.emplace(static_cast<int>(device_->info().if_index));
  const uint32_t room = static_cast<uint32_t>(device_->store(0)->grid().size) - RTE_PKTMBUF_HEADROOM;
  maxMtu_ = std::min<uint32_t>(device_->mtu(), SegmentsFor(device_->mtu(), room) * room - kFrameOverhead);
  mtu_ = monitor_ ? std::min(monitor_->report().mtu, maxMtu_) : maxMtu_;
  state_ = (monitor_ ? monitor_->report().up : device_->isUp()) ? LinkState::Up : LinkState::Down;
}

void DpdkPort::MakeQueues(const Napi::Object& config) {
  const bool split = config.Has("queue");
  const auto first = static_cast<uint16_t>(split ? NumberOf(config, "queue") : 0);
  const auto end = static_cast<uint16_t>(split ? first + 1 : device_->queues());
  for (uint16_t index = first; index < end; index++) {
    if (!device_->TakeQueue(index)) throw DpdkError("busy", EBUSY);
    ends_.emplace_back();
    const std::shared_ptr<FrameStore>& store = device_->store(index);
    store->Use();
    QueueRequest& request = ends_.back().request;
    request.port = device_->id();
    request.queue = index;
    request.maxRxSegments = SegmentsFor(maxMtu_, static_cast<uint32_t>(store->grid().size) - RTE_PKTMBUF_HEADROOM);
    request.shape.buffers = store->buffers();
    request.shape.rxCapacity = NumberOf(config, "burst") * request.maxRxSegments;
    request.shape.txCapacity = NumberOf(config, "txCapacity");
    request.shape.stockCapacity = NumberOf(config, "stockCapacity");
    request.mtu = mtu_;
    request.txOffloads = device_->txOffloads();
    request.cutOverhead = device_->cutOverhead();
    request.owner = kOwnerStack;
    request.poison = FlagOf(config, "poison");
    ends_.back().index = index;
    ends_.back().store = store;
    ends_.back().queue = DpdkQueue::Make(request, store);
    ends_.back().queue->SetState(state_);
  }
}

template <typename Handle>
Handle* DpdkPort::Register(Handle* handle) {
  auto base = reinterpret_cast<uv_handle_t*>(handle);
  base->data = this;
  // An open port keeps no process alive: that is the sockets' business.
  uv_unref(base);
  handles_.push_back(base);
  return handle;
}

void DpdkPort::StartWatching(Napi::Env env) {
  uv_loop_t* loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw DpdkError("loop", EINVAL);
  auto openPoll = [&](int fd, uv_poll_cb call) {
    auto poll = new uv_poll_t;
    const int status = uv_poll_init(loop, poll, fd);
    if (status < 0) {
      delete poll;
      throw DpdkError("loop", status);
    }
    Register(poll);
    uv_poll_start(poll, UV_READABLE, call);
    return poll;
  };
  napi_add_async_cleanup_hook(env, OnTeardown, this, &teardownHook_);
  Ref();
  async_ = new uv_async_t;
  uv_async_init(loop, async_, [](uv_async_t* async) { static_cast<DpdkPort*>(async->data)->Look(); });
  Register(async_);
  device_->AddListener(async_);
  if (monitor_) {
    openPoll(monitor_->fd(), [](uv_poll_t* poll, int, int) { static_cast<DpdkPort*>(poll->data)->ApplyMonitor(); });
  } else {
    auto timer = new uv_timer_t;
    uv_timer_init(loop, timer);
    Register(timer);
    uv_timer_start(timer, [](uv_timer_t* each) { static_cast<DpdkPort*>(each->data)->Look(); }, kLookEveryMs, kLookEveryMs);
  }
  if (!device_->hasInterrupts()) return;
  for (QueueEnd& end : ends_) {
    end.interrupt = openPoll(rte_eth_dev_rx_intr_ctl_q_get_fd(device_->id(), end.index), [](uv_poll_t* poll, int, int) {
      static_cast<DpdkPort*>(poll->data)->OnInterrupt(poll);
    });
  }
}

// Opening failed half-way.
void DpdkPort::Undo() {
  CloseQueues();
  if (async_ != nullptr) {
    // The object outlives this constructor until its handles are closed.
    tearingDown_ = true;
    CloseHandles();
  }
}

// What JavaScript is given of a queue.
Napi::Object DpdkPort::Share(Napi::Env env, QueueEnd& end) {
  const std::shared_ptr<DpdkQueue>& queue = end.queue;
  const FrameStore& store = *end.store;
  const ArrayLayout arrays = queue->layout();
  Napi::Object shared = Napi::Object::New(env);
  shared.Set("poll", RawFunction(env, "poll", QueueCalls<DpdkQueue>::Poll, queue));
  shared.Set("sum", RawFunction(env, "sum", QueueCalls<FrameStore>::Sum, end.store));
  shared.Set("arrays", SharedBuffer(env, queue->arrayBase(), arrays.size, queue));
  if (!store.isGiven()) shared.Set("memory", Environment::Of(env).BufferOf(env, end.store));
  const std::pair<const char*, size_t> numbers[] = {
      {"countsAt", arrays.countsAt},
      {"rxAt", arrays.rxAt},
      {"txAt", arrays.txAt},
      {"freeAt", arrays.freeAt},
      {"stockAt", arrays.stockAt},
      {"doneAt", arrays.doneAt},
      {"rxCapacity", queue->shape().rxCapacity},
      {"framesAt", store.grid().firstAt},
      {"bufferStride", store.grid().stride},
      {"bufferSize", store.grid().size},
      {"buffers", store.buffers()},
      {"headroom", RTE_PKTMBUF_HEADROOM},
      {"offloads", static_cast<size_t>(queue->offloads())},
      {"rxDescriptors", device_->rxDescriptors()},
      {"txDescriptors", device_->txDescriptors()}};
  for (const auto& [name, value] : numbers) shared.Set(name, static_cast<double>(value));
  shared.Set("wakes", end.interrupt != nullptr);
  return shared;
}

// ---- waking ----

Napi::Value DpdkPort::SetListener(const Napi::CallbackInfo& info) {
  onWake_ = Napi::Persistent(info[0].As<Napi::Function>());
  onEvent_ = Napi::Persistent(info[1].As<Napi::Function>());
  return info.Env().Undefined();
}

Napi::Value DpdkPort::Arm(const Napi::CallbackInfo& info) {
  QueueEnd& end = ends_[info[0].As<Napi::Number>().Uint32Value()];
  const bool can = !closed_ && state_ != LinkState::Gone && end.interrupt != nullptr && !onWake_.IsEmpty();
  if (can) {
    end.armed = true;
    rte_eth_dev_rx_intr_enable(device_->id(), end.index);
  }
  return Napi::Boolean::New(info.Env(), can);
}

void DpdkPort::OnInterrupt(const uv_poll_t* interrupt) {
  for (uint32_t i = 0; i < ends_.size(); i++) {
    QueueEnd& end = ends_[i];
    if (end.interrupt != interrupt) continue;
    int fd;
    uint64_t count;
    if (uv_fileno(reinterpret_cast<const uv_handle_t*>(interrupt), &fd) == 0 && read(fd, &count, sizeof count) < 0) return;
    rte_eth_dev_rx_intr_disable(device_->id(), end.index);
    if (!end.armed) return;
    end.armed = false;
    Napi::HandleScope scope(Env());
    CallFromLoop(Env(), onWake_, {Napi::Number::New(Env(), i)});
    return;
  }
}

// ---- events ----

// Asks the device how things stand.
void DpdkPort::Look() {
  if (closed_ || state_ == LinkState::Gone) return;
  if (device_->isRemoved()) {
    BecomeGone();
  } else if (!monitor_) {
    SetState(device_->isUp() ? LinkState::Up : LinkState::Down);
  }
}

// Each report of the kernel's is told at once, so that nobody misses that a link was down between two of them. The listener
// may close the port.
void DpdkPort::ApplyMonitor() {
  try {
    while (!closed_ && state_ != LinkState::Gone && monitor_->Next()) {
      const LinkReport& report = monitor_->report();
      if (report.gone) {
        BecomeGone();
        return;
      }
      SetState(report.up ? LinkState::Up : LinkState::Down);
      const uint32_t mtu = std::min(report.mtu, maxMtu_);
      if (closed_ || mtu == mtu_) continue;
      mtu_ = mtu;
      for (QueueEnd& end : ends_) end.queue->SetMtu(mtu);
      Announce("mtu");
    }
  } catch (const StepError&) {
    // The monitor lost messages and could not ask anew. The next message brings the whole state again.
  }
}

void DpdkPort::SetState(LinkState state) {
  if (state == state_) return;
  state_ = state;
  for (QueueEnd& end : ends_) end.queue->SetState(state);
  Announce(NameOf(state));
}

void DpdkPort::BecomeGone() {
  device_->SetRemoved();
  SetState(LinkState::Gone);
}

void DpdkPort::Announce(const char* event) {
  Napi::HandleScope scope(Env());
  CallFromLoop(Env(), onEvent_, {Napi::String::New(Env(), event)});
}

// ---- closing ----

// Called once by src/dpdk-port.ts, with what to call when the handles are closed.
Napi::Value DpdkPort::Close(const Napi::CallbackInfo& info) {
  onClosed_ = Napi::Persistent(info[0].As<Napi::Function>());
  CloseHandles();
  return info.Env().Undefined();
}

void DpdkPort::CloseHandles() {
  if (closed_) return;
  closed_ = true;
  openHandles_ = handles_.size();
  if (device_ != nullptr) device_->RemoveListener(async_);
  for (uv_handle_t* handle : handles_) {
    uv_close(handle, [](uv_handle_t* closed) {
      auto port = static_cast<DpdkPort*>(closed->data);
      DeleteHandle(closed);
      port->OnHandleClosed();
    });
  }
  // libuv has let go of the descriptors: the device can be given back now.
  CloseQueues();
  if (monitor_) monitor_->Close();
}

void DpdkPort::CloseQueues() {
  for (QueueEnd& end : ends_) {
    if (end.queue != nullptr) end.queue->Close();
    device_->ReleaseQueue(end.index);
  }
  // Stops the device, unless another thread has queues of it.
  device_.reset();
  for (QueueEnd& end : ends_) {
    if (FrameStore::Leave(end.store)) Environment::Of(Env()).Detach(Env(), end.store.get());
  }
}

void DpdkPort::OnHandleClosed() {
  if (--openHandles_ > 0) return;
  onWake_.Reset();
  onEvent_.Reset();
  if (!tearingDown_) {
    Napi::HandleScope scope(Env());
    CallFromLoop(Env(), onClosed_, {});
    onClosed_.Reset();
  }
  napi_remove_async_cleanup_hook(teardownHook_);
  Unref();
}

// The environment ends (process exit, or a worker's) with the port open, or still closing. Node waits for the removal
// of the hook, turning the loop meanwhile; no JavaScript runs any more.
void DpdkPort::OnTeardown(napi_async_cleanup_hook_handle, void* self) {
  auto port = static_cast<DpdkPort*>(self);
  port->tearingDown_ = true;
  port->CloseHandles();
}

}  // namespace lunetta
