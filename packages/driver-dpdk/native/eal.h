#pragma once

#include <string>
#include <vector>

namespace lunetta {

// DPDK's Environment Abstraction Layer: there is one in a process, for all environments (worker threads), and it is never
// started twice. All members may be called from any thread.
namespace eal {

// Starts it with these arguments (without a program name) unless it runs. The processor affinity of the calling thread
// stays as it was. Throws DpdkError("eal").
void Start(const std::vector<std::string>& arguments);

bool IsRunning();

// The arguments that it was started with.
std::vector<std::string> Arguments();

// Gives the calling thread an lcore id, for the caches of memory pools, unless it has one. Throws DpdkError("thread").
void RegisterThread();

// The calling thread ends.
void UnregisterThread();

// What DPDK has logged since the last call.
std::string TakeLog();

}  // namespace eal

}  // namespace lunetta
