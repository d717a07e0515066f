#include "tap-port.h"

#include <arpa/inet.h>
#include <lunetta/netns-scope.h>
#include <lunetta/node-calls.h>

#include <algorithm>
#include <string>

namespace lunetta {

namespace {

// Room that a frame takes beside headroom and MTU: Ethernet header, two VLAN tags, and one byte that stays free, by
// which a frame that the kernel cut is told from one that fits.
constexpr uint32_t kFrameRoom = 14 + 2 * 4 + 1;
constexpr uint32_t kSmallestBuffer = 2048;
constexpr uint32_t kBufferUnit = 64;

// The longest frame in several segments: an IPv4 datagram of 65,535 bytes.
constexpr uint32_t kLargestDatagram = 65535;

// Readiness that nobody armed for comes back at every turn of the loop while frames wait. After this many we stop
// listening until the next arm, or a stack that never polls would spin the loop. Stopping costs an epoll_ctl.
constexpr int kMaxIdleCallbacks = 16;

// The size is never a multiple of a page, or the headers of all frames would share few lines of the cache.
uint32_t BufferSizeFor(uint32_t mtu, bool offloads) {
  const uint32_t size = kHeadroom + kFrameRoom + (offloads ? std::max(mtu, kLargestDatagram) : mtu);
  return std::max(kSmallestBuffer, (size + kBufferUnit - 1) / kBufferUnit * kBufferUnit);
}

std::optional<HostAddress> HostAddressOf(const Napi::Object& config) {
  if (!config.Has("hostAddress")) return std::nullopt;
  const std::string address = config.Get("hostAddress").As<Napi::String>();
  const uint32_t prefix = config.Get("hostPrefix").As<Napi::Number>().Uint32Value();
  HostAddress host;
  if (prefix > 32 || inet_pton(AF_INET, address.c_str(), &host.address) != 1) throw StepError("address", EINVAL);
  host.netmask = prefix == 0 ? 0 : htonl(~0u << (32 - prefix));
  return host;
}

TunRequest TunRequestOf(const Napi::Object& config) {
  TunRequest request;
  request.device = config.Get("device").As<Napi::String>().Utf8Value();
  request.persist = config.Get("persist").As<Napi::Boolean>().Value();
  request.up = config.Get("up").As<Napi::Boolean>().Value();
  request.hostAddress = HostAddressOf(config);
  request.offloads = config.Get("offloads").As<Napi::Boolean>().Value();
  if (config.Has("mtu")) request.mtu = config.Get("mtu").As<Napi::Number>().Uint32Value();
  return request;
}

const char* NameOf(LinkState state) {
  return state == LinkState::Up ? "up" : state == LinkState::Down ? "down" : "gone";
}

}  // namespace

Napi::Function TapPort::Define(Napi::Env env) {
  return DefineClass(env, "TapPort",
                     {InstanceMethod("setListener", &TapPort::SetListener), InstanceMethod("arm", &TapPort::Arm),
                      InstanceMethod("audit", &TapPort::Audit), InstanceMethod("statistics", &TapPort::Statistics),
                      InstanceMethod("close", &TapPort::Close), InstanceMethod("device", &TapPort::Device),
                      InstanceMethod("mtu", &TapPort::Mtu), InstanceMethod("linkState", &TapPort::State),
                      InstanceMethod("created", &TapPort::Created)});
}

// ---- opening ----

TapPort::TapPort(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TapPort>(info) {
  try {
    OpenDevice(info[0].As<Napi::Object>());
    ShareRegion(info.Env());
    StartPolling(info.Env());
  } catch (const StepError& failure) {
    if (queue_ != nullptr) queue_->Close();
    throw ErrorOf(info.Env(), failure);
  }
}

void TapPort::OpenDevice(const Napi::Object& config) {
  {
    NetnsScope netns(config.Get("netns").As<Napi::String>().Utf8Value());
    device_.emplace(OpenTun(TunRequestOf(config)));
    monitor_.emplace(device_->index);
  }
  const uint32_t deviceMtu = monitor_->report().mtu;
  QueueShape shape;
  shape.buffers = config.Get("buffers").As<Napi::Number>().Uint32Value();
  shape.rxCapacity = config.Get("burst").As<Napi::Number>().Uint32Value();
  shape.txCapacity = config.Get("txCapacity").As<Napi::Number>().Uint32Value();
  shape.stockCapacity = config.Get("stockCapacity").As<Napi::Number>().Uint32Value();
  const bool poison = config.Get("poison").As<Napi::Boolean>().Value();
  mtu_ = deviceMtu;
  const bool offloads = config.Get("offloads").As<Napi::Boolean>().Value();
  queue_ = TapQueue::Make(device_->fd.get(), Region::Map(shape, BufferSizeFor(deviceMtu, offloads)), mtu_, offloads, poison);
  queue_->SetState(monitor_->report().up ? LinkState::Up : LinkState::Down);
}

// Gives the object its functions `poll` and `sum`, the region as `memory`, and where in it things are.
void TapPort::ShareRegion(Napi::Env env) {
  const Region& region = queue_->region();
  Napi::Object self = Value();
  self.Set("poll", RawFunction(env, "poll", QueueCalls<TapQueue>::Poll, queue_));
  self.Set("sum", RawFunction(env, "sum", QueueCalls<TapQueue>::Sum, queue_));
  self.Set("memory", SharedBuffer(env, region.base(), region.size(), queue_));
  const ArrayLayout& arrays = region.layout();
  const std::pair<const char*, size_t> layout[] = {
      {"countsAt", arrays.countsAt}, {"rxAt", arrays.rxAt},     {"txAt", arrays.txAt},
      {"freeAt", arrays.freeAt},     {"stockAt", arrays.stockAt}, {"doneAt", arrays.doneAt},
      {"framesAt", region.framesAt()}, {"bufferSize", region.bufferSize()}, {"headroom", kHeadroom}};
  for (const auto& [name, value] : layout) self.Set(name, static_cast<double>(value));
}

void TapPort::StartPolling(Napi::Env env) {
  uv_loop_t* loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw StepError("loop", EINVAL);
  auto open = [&](int fd) {
    auto handle = new uv_poll_t;
    const int status = uv_poll_init(loop, handle, fd);
    if (status < 0) {
      delete handle;
      // The other handle may be open already: it outlives this object, which is about to be destroyed.
      if (frames_ != nullptr) {
        frames_->data = nullptr;
        uv_close(reinterpret_cast<uv_handle_t*>(frames_), [](uv_handle_t* each) { delete (uv_poll_t*)each; });
      }
      throw StepError("loop", -status);
    }
    handle->data = this;
    // An open port keeps no process alive: that is the sockets' business.
    uv_unref(reinterpret_cast<uv_handle_t*>(handle));
    return handle;
  };
  frames_ = open(device_->fd.get());
  link_ = open(monitor_->fd());
  openHandles_ = 2;
  napi_add_async_cleanup_hook(env, OnTeardown, this, &teardownHook_);
  Ref();
  uv_poll_start(link_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    if (handle->data != nullptr) static_cast<TapPort*>(handle->data)->OnLink();
  });
}

// ---- waking ----

Napi::Value TapPort::SetListener(const Napi::CallbackInfo& info) {
  onWake_ = Napi::Persistent(info[0].As<Napi::Function>());
  onEvent_ = Napi::Persistent(info[1].As<Napi::Function>());
  return info.Env().Undefined();
}

Napi::Value TapPort::Arm(const Napi::CallbackInfo& info) {
  const bool can = !queue_->closed() && queue_->state() != LinkState::Gone && !onWake_.IsEmpty();
  if (can) {
    armed_ = true;
    idleCallbacks_ = 0;
    // While the link is down nothing is received, so what waits in the kernel must not wake anybody.
    if (queue_->state() == LinkState::Up) Watch();
  }
  return Napi::Boolean::New(info.Env(), can);
}

void TapPort::Watch() {
  const int events = UV_READABLE | (queue_->txBlocked() ? UV_WRITABLE : 0);
  if (watching_ == events) return;
  watching_ = events;
  uv_poll_start(frames_, events, [](uv_poll_t* handle, int status, int) {
    if (handle->data != nullptr) static_cast<TapPort*>(handle->data)->OnFrames(status);
  });
}

void TapPort::Unwatch() {
  if (watching_ != 0) uv_poll_stop(frames_);
  watching_ = 0;
}

void TapPort::OnFrames(int status) {
  if (status < 0) {
    // libuv has stopped the handle: the descriptor reports EPOLLERR, since its interface was deleted.
    watching_ = 0;
    BecomeGone();
    return;
  }
  if (!armed_) {
    if (++idleCallbacks_ >= kMaxIdleCallbacks) Unwatch();
    return;
  }
  armed_ = false;
  idleCallbacks_ = 0;
  Napi::HandleScope scope(Env());
  CallFromLoop(Env(), onWake_, {Napi::Number::New(Env(), 0)});
}

// ---- events ----

void TapPort::OnLink() {
  try {
    while (!queue_->closed() && !announcedGone_ && monitor_->Next()) Apply(monitor_->report());
  } catch (const StepError&) {
    // The monitor lost messages and could not ask anew. The next message brings the whole state again, and a deleted
    // device shows itself in poll, too.
  }
}

// Each report is told at once, so that nobody misses that a link was down between two of them. The listener may close
// the port.
void TapPort::Apply(const LinkReport& report) {
  if (report.gone) {
    BecomeGone();
    return;
  }
  if (queue_->state() == LinkState::Gone) return;
  const LinkState state = report.up ? LinkState::Up : LinkState::Down;
  if (state != queue_->state()) {
    queue_->SetState(state);
    if (state == LinkState::Down) Unwatch();
    if (state == LinkState::Up && armed_) Watch();
    Announce(NameOf(state));
  }
  if (queue_->closed()) return;
  const uint32_t mtu = UsableMtu(report.mtu);
  if (mtu != mtu_) {
    mtu_ = mtu;
    queue_->SetMtu(mtu);
    Announce("mtu");
  }
}

void TapPort::BecomeGone() {
  if (announcedGone_) return;
  announcedGone_ = true;
  armed_ = false;
  queue_->SetState(LinkState::Gone);
  Unwatch();
  Announce("gone");
}

void TapPort::Announce(const char* event) {
  Napi::HandleScope scope(Env());
  CallFromLoop(Env(), onEvent_, {Napi::String::New(Env(), event)});
}

// The buffers were made for the MTU at opening; of a larger one we can use what fits them.
uint32_t TapPort::UsableMtu(uint32_t deviceMtu) const {
  return std::min(deviceMtu, queue_->region().bufferSize() - kHeadroom - kFrameRoom);
}

// ---- asking ----

Napi::Value TapPort::Device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), monitor_->report().name);
}

Napi::Value TapPort::Mtu(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), mtu_); }

Napi::Value TapPort::State(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), NameOf(queue_->state()));
}

Napi::Value TapPort::Created(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), device_->created);
}

Napi::Value TapPort::Audit(const Napi::CallbackInfo& info) {
  const FramePool& pool = queue_->pool();
  const Ownership& ownership = queue_->ownership();
  Napi::Object audit = Napi::Object::New(info.Env());
  audit.Set("size", pool.size());
  audit.Set("available", pool.available());
  audit.Set("inUse", ownership.Count(kOwnerStack) + ownership.Count(kOwnerStock));
  audit.Set("device", ownership.Count(kOwnerSending) + ownership.Count(kOwnerLent));
  return audit;
}

Napi::Value TapPort::Statistics(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const QueueCounters& counters = queue_->counters();
  Napi::Object statistics = Napi::Object::New(env);
  statistics.Set("rxFrames", static_cast<double>(counters.rxFrames));
  statistics.Set("rxBytes", static_cast<double>(counters.rxBytes));
  statistics.Set("txFrames", static_cast<double>(counters.txFrames));
  statistics.Set("txBytes", static_cast<double>(counters.txBytes));
  statistics.Set("dropped", Tally(env, counters.lost, kLossNames));
  statistics.Set("refused", Tally(env, queue_->refused(), kRefusalNames));
  return statistics;
}

// ---- closing ----

// Called once by src/tap-port.ts, with what to call when the handles are closed.
Napi::Value TapPort::Close(const Napi::CallbackInfo& info) {
  onClosed_ = Napi::Persistent(info[0].As<Napi::Function>());
  CloseHandles();
  return info.Env().Undefined();
}

void TapPort::CloseHandles() {
  if (queue_->closed()) return;
  queue_->Close();
  armed_ = false;
  watching_ = 0;
  for (uv_poll_t* handle : {frames_, link_}) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) {
      auto port = static_cast<TapPort*>(closed->data);
      delete reinterpret_cast<uv_poll_t*>(closed);
      port->OnHandleClosed();
    });
  }
  // uv_close has taken the descriptors out of epoll: the device can be given back now.
  device_->fd.Close();
  monitor_->Close();
}

void TapPort::OnHandleClosed() {
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
void TapPort::OnTeardown(napi_async_cleanup_hook_handle, void* self) {
  auto port = static_cast<TapPort*>(self);
  port->tearingDown_ = true;
  port->CloseHandles();
}

}  // namespace lunetta
