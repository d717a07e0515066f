#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frame-store.h"

namespace lunetta {

// What one environment (the main thread, or a worker thread) has of its own.
class Environment {
 public:
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
  ~Environment();

  // The memory that ports of this environment share by a name; null if none is open.
  std::shared_ptr<FrameStore> SharedStore(const std::string& name) const;
  void Share(const std::string& name, const std::shared_ptr<FrameStore>& store) { shared_[name] = store; }

  // The one ArrayBuffer of this environment over a store.
  Napi::Value BufferOf(Napi::Env env, const std::shared_ptr<FrameStore>& store);
  // Memory that JavaScript has made stays as long as the store.
  void Keep(const std::shared_ptr<FrameStore>& store, const Napi::Object& memory);
  // The store is about to be freed: its ArrayBuffer becomes empty, so that JavaScript cannot reach it.
  void Detach(Napi::Env env, const FrameStore* store);

 private:
  std::map<std::string, std::weak_ptr<FrameStore>> shared_;
  std::map<const FrameStore*, Napi::ObjectReference> buffers_;
  std::vector<std::pair<std::weak_ptr<FrameStore>, Napi::ObjectReference>> kept_;
};

}  // namespace lunetta
