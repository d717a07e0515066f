#pragma once

#include <functional>

namespace lunetta {

// Runs `work` in the one thread in which DPDK serves interrupts and the control channels of its devices, and waits until that
// thread has also dealt with whatever it knew of by then. If it cannot be asked (no file descriptor is left), `work` runs in
// the calling thread.
void RunOnInterruptThread(const std::function<void()>& work);

}  // namespace lunetta
