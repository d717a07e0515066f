#pragma once

#include <napi.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>

#include "step-error.h"

namespace lunetta {

// What the hot functions below are called with: each keeps the queue alive. `Queue` has int32_t Poll(int32_t) and
// uint32_t Sum(uint32_t, uint32_t).
template <typename Queue>
struct QueueCalls {
  static napi_value Poll(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value argument;
    void* queue;
    int32_t txCount;
    napi_value received;
    napi_get_cb_info(env, info, &count, &argument, nullptr, &queue);
    // What is no number asks for nothing; what is no 32-bit integer is clamped and counted.
    if (napi_get_value_int32(env, argument, &txCount) != napi_ok) txCount = 0;
    napi_create_int32(env, static_cast<Queue*>(queue)->Poll(txCount), &received);
    return received;
  }

  static napi_value Sum(napi_env env, napi_callback_info info) {
    size_t count = 2;
    napi_value arguments[2];
    void* queue;
    uint32_t at, end;
    napi_value sum;
    napi_get_cb_info(env, info, &count, arguments, nullptr, &queue);
    if (napi_get_value_uint32(env, arguments[0], &at) != napi_ok) at = UINT32_MAX;
    if (napi_get_value_uint32(env, arguments[1], &end) != napi_ok) end = 0;
    napi_create_uint32(env, static_cast<Queue*>(queue)->Sum(at, end), &sum);
    return sum;
  }
};

template <typename Held>
void ReleaseHolder(napi_env, void*, void* holder) {
  delete static_cast<std::shared_ptr<Held>*>(holder);
}

// A raw Node-API function that has `held` as its data, and keeps it: 13-17 ns a call where node-addon-api's wrapper takes
// 40.
template <typename Held>
Napi::Value RawFunction(Napi::Env env, const char* name, napi_callback call, const std::shared_ptr<Held>& held) {
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, call, held.get(), &function);
  if (status == napi_ok) {
    auto holder = new std::shared_ptr<Held>(held);
    status = napi_add_finalizer(env, function, holder, ReleaseHolder<Held>, holder, nullptr);
    if (status != napi_ok) delete holder;
  }
  if (status != napi_ok) throw StepError(name, EINVAL);
  return Napi::Value(env, function);
}

// Bytes that `held` keeps, as an ArrayBuffer. Throws StepError if the runtime allows no external memory.
template <typename Held>
Napi::Value SharedBuffer(Napi::Env env, uint8_t* base, size_t size, const std::shared_ptr<Held>& held) {
  auto holder = new std::shared_ptr<Held>(held);
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, base, size, ReleaseHolder<Held>, holder, &buffer) != napi_ok) {
    delete holder;
    throw StepError("external", ENOTSUP);
  }
  return Napi::Value(env, buffer);
}

// Calls `function`, unless empty, from the event loop. What it throws goes to `uncaughtException`.
inline void CallFromLoop(Napi::Env env, const Napi::FunctionReference& function,
                         std::initializer_list<napi_value> arguments) {
  if (function.IsEmpty()) return;
  napi_value result;
  const napi_status status = napi_make_callback(env, nullptr, env.Global(), function.Value(), arguments.size(),
                                                arguments.begin(), &result);
  if (status != napi_pending_exception) return;
  napi_value error;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

// An Error with `step` and `errno` for the driver's open-error.ts.
inline Napi::Error ErrorOf(Napi::Env env, const StepError& failure) {
  Napi::Error error = Napi::Error::New(env, std::string(failure.step) + ": " + strerror(failure.error));
  Napi::Object fields = error.Value();
  fields.Set("step", failure.step);
  fields.Set("errno", failure.error);
  return error;
}

// Counters by their names.
template <typename Counts, typename Names>
Napi::Object Tally(Napi::Env env, const Counts& counts, const Names& names) {
  Napi::Object tally = Napi::Object::New(env);
  for (size_t i = 0; i < names.size(); i++) tally.Set(names[i], static_cast<double>(counts[i]));
  return tally;
}

}  // namespace lunetta
