#include "eal.h"

#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <sched.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "dpdk-error.h"
#include "private-descriptors.h"

namespace lunetta {

DpdkError::DpdkError(const char* step, int error)
    : StepError(step, error < 0 ? -error : error), log(eal::TakeLog()) {}

namespace eal {

namespace {

constexpr size_t kLogRoom = 16384;

std::mutex startMutex;
bool running = false;
std::vector<std::string> startedWith;
// EAL keeps pointers into its arguments.
std::vector<std::vector<char>> argumentBytes;

std::mutex logMutex;
std::string logged;
thread_local bool registered = false;

// DPDK's log goes here instead of the terminal: the end of it becomes part of the Error that JavaScript sees.
ssize_t WriteLog(void*, const char* text, size_t length) {
  std::lock_guard<std::mutex> lock(logMutex);
  logged.append(text, length);
  if (logged.size() > kLogRoom) logged.erase(0, logged.size() - kLogRoom);
  return static_cast<ssize_t>(length);
}

void CatchLog() {
  static FILE* stream = nullptr;
  if (stream != nullptr) return;
  cookie_io_functions_t functions = {};
  functions.write = WriteLog;
  stream = fopencookie(nullptr, "w", functions);
  if (stream == nullptr) return;  // then it goes to the terminal
  setvbuf(stream, nullptr, _IONBF, 0);
  rte_openlog_stream(stream);
}

// EAL ties its main thread, which is ours, to one processor.
class AffinityScope {
 public:
  AffinityScope() { known_ = pthread_getaffinity_np(pthread_self(), sizeof before_, &before_) == 0; }
  ~AffinityScope() {
    if (known_) pthread_setaffinity_np(pthread_self(), sizeof before_, &before_);
  }

 private:
  cpu_set_t before_;
  bool known_;
};

}  // namespace

void Start(const std::vector<std::string>& arguments) {
  std::lock_guard<std::mutex> lock(startMutex);
  if (running) return;
  CatchLog();
  TakeLog();
  argumentBytes.clear();
  std::vector<char*> words;
  auto add = [&](const std::string& word) { argumentBytes.emplace_back(word.c_str(), word.c_str() + word.size() + 1); };
  argumentBytes.reserve(arguments.size() + 1);
  add("lunetta");
  for (const std::string& argument : arguments) add(argument);
  for (auto& bytes : argumentBytes) words.push_back(bytes.data());
  words.push_back(nullptr);
  AffinityScope affinity;
  PrivateDescriptors descriptors;
  rte_errno = 0;
  if (rte_eal_init(static_cast<int>(words.size() - 1), words.data()) < 0) {
    throw DpdkError("eal", rte_errno != 0 ? rte_errno : EINVAL);
  }
  startedWith = arguments;
  running = true;
}

bool IsRunning() {
  std::lock_guard<std::mutex> lock(startMutex);
  return running;
}

std::vector<std::string> Arguments() {
  std::lock_guard<std::mutex> lock(startMutex);
  return startedWith;
}

void RegisterThread() {
  if (rte_lcore_id() != LCORE_ID_ANY) return;
  if (rte_thread_register() < 0) throw DpdkError("thread", rte_errno);
  registered = true;
}

void UnregisterThread() {
  if (registered) rte_thread_unregister();
  registered = false;
}

std::string TakeLog() {
  std::lock_guard<std::mutex> lock(logMutex);
  std::string text;
  text.swap(logged);
  return text;
}

}  // namespace eal

}  // namespace lunetta
