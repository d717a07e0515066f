#include "environment.h"

#include <lunetta/step-error.h>

#include <algorithm>
#include <cerrno>

#include "eal.h"

namespace lunetta {

Environment::~Environment() { eal::UnregisterThread(); }

std::shared_ptr<FrameStore> Environment::SharedStore(const std::string& name) const {
  const auto found = shared_.find(name);
  auto store = found == shared_.end() ? nullptr : found->second.lock();
  // A closed port that is not collected yet still refers to it.
  return store != nullptr && store->isUsed() ? store : nullptr;
}

Napi::Value Environment::BufferOf(Napi::Env env, const std::shared_ptr<FrameStore>& store) {
  Napi::ObjectReference& known = buffers_[store.get()];
  if (!known.IsEmpty()) return known.Value();
  napi_value buffer;
  // Nothing to finalise: it is detached before the store is freed.
  if (napi_create_external_arraybuffer(env, store->base(), store->size(), [](napi_env, void*, void*) {}, nullptr, &buffer) != napi_ok) {
    buffers_.erase(store.get());
    throw StepError("external", ENOTSUP);
  }
  known = Napi::Persistent(Napi::Object(env, buffer));
  return known.Value();
}

void Environment::Keep(const std::shared_ptr<FrameStore>& store, const Napi::Object& memory) {
  auto isGone = [](const auto& each) { return each.first.expired(); };
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(), isGone), kept_.end());
  kept_.emplace_back(store, Napi::Persistent(memory));
}

void Environment::Detach(Napi::Env env, const FrameStore* store) {
  const auto found = buffers_.find(store);
  if (found == buffers_.end()) return;
  Napi::HandleScope scope(env); // at the end of the environment nobody has opened one
  napi_detach_arraybuffer(env, found->second.Value());
  buffers_.erase(found);
}

}  // namespace lunetta
