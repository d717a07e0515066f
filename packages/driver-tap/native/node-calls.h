#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>

#include "step-error.h"
#include "tap-queue.h"

namespace lunetta {

// `poll(txCount)` as a raw Node-API function: 13-17 ns a call where node-addon-api's wrapper takes 40.
Napi::Value PollFunction(Napi::Env env, const std::shared_ptr<TapQueue>& queue);

// `sum(at, end)`, likewise: the Internet sum of those bytes of the region.
Napi::Value SumFunction(Napi::Env env, const std::shared_ptr<TapQueue>& queue);

// The queue's region as an ArrayBuffer. Throws StepError if the runtime allows no external memory.
Napi::Value SharedBuffer(Napi::Env env, const std::shared_ptr<TapQueue>& queue);

// Calls `function`, unless empty, from the event loop. What it throws goes to `uncaughtException`.
void CallFromLoop(Napi::Env env, const Napi::FunctionReference& function, std::initializer_list<napi_value> arguments);

// An Error with `step` and `errno` for src/open-error.ts.
Napi::Error ErrorOf(Napi::Env env, const StepError& failure);

}  // namespace lunetta
