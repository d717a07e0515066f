#include "node-calls.h"

#include <cerrno>
#include <cstring>

namespace lunetta {

namespace {

napi_value Poll(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  void* queue;
  int32_t txCount;
  napi_value received;
  napi_get_cb_info(env, info, &count, &argument, nullptr, &queue);
  // What is no number asks for nothing; what is no 32-bit integer is clamped and counted.
  if (napi_get_value_int32(env, argument, &txCount) != napi_ok) txCount = 0;
  napi_create_int32(env, static_cast<TapQueue*>(queue)->Poll(txCount), &received);
  return received;
}

napi_value Sum(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  void* queue;
  uint32_t at, end;
  napi_value sum;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &queue);
  if (napi_get_value_uint32(env, arguments[0], &at) != napi_ok) at = UINT32_MAX;
  if (napi_get_value_uint32(env, arguments[1], &end) != napi_ok) end = 0;
  napi_create_uint32(env, static_cast<TapQueue*>(queue)->Sum(at, end), &sum);
  return sum;
}

using QueueHolder = std::shared_ptr<TapQueue>;

void ReleaseQueue(napi_env, void*, void* holder) { delete static_cast<QueueHolder*>(holder); }

// A raw Node-API function that has the queue as its data, and keeps it.
Napi::Value QueueFunction(Napi::Env env, const char* name, napi_callback call, const std::shared_ptr<TapQueue>& queue) {
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, call, queue.get(), &function);
  if (status == napi_ok) {
    auto holder = new QueueHolder(queue);
    status = napi_add_finalizer(env, function, holder, ReleaseQueue, holder, nullptr);
    if (status != napi_ok) delete holder;
  }
  if (status != napi_ok) throw StepError(name, EINVAL);
  return Napi::Value(env, function);
}

}  // namespace

Napi::Value PollFunction(Napi::Env env, const std::shared_ptr<TapQueue>& queue) {
  return QueueFunction(env, "poll", Poll, queue);
}

Napi::Value SumFunction(Napi::Env env, const std::shared_ptr<TapQueue>& queue) {
  return QueueFunction(env, "sum", Sum, queue);
}

Napi::Value SharedBuffer(Napi::Env env, const std::shared_ptr<TapQueue>& queue) {
  auto holder = new QueueHolder(queue);
  const Region& region = queue->region();
  napi_value buffer;
  const napi_status status =
      napi_create_external_arraybuffer(env, region.base(), region.size(), ReleaseQueue, holder, &buffer);
  if (status != napi_ok) {
    delete holder;
    throw StepError("external", ENOTSUP);
  }
  return Napi::Value(env, buffer);
}

void CallFromLoop(Napi::Env env, const Napi::FunctionReference& function, std::initializer_list<napi_value> arguments) {
  if (function.IsEmpty()) return;
  napi_value result;
  const napi_status status = napi_make_callback(env, nullptr, env.Global(), function.Value(), arguments.size(),
                                                arguments.begin(), &result);
  if (status != napi_pending_exception) return;
  napi_value error;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

Napi::Error ErrorOf(Napi::Env env, const StepError& failure) {
  Napi::Error error = Napi::Error::New(env, std::string(failure.step) + ": " + strerror(failure.error));
  Napi::Object fields = error.Value();
  fields.Set("step", failure.step);
  fields.Set("errno", failure.error);
  return error;
}

}  // namespace lunetta
