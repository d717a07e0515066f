#pragma once

#include <lunetta/step-error.h>

#include <string>

namespace lunetta {

// A StepError with what DPDK wrote in its log meanwhile.
class DpdkError : public StepError {
 public:
  // `error`: an errno, of either sign.
  DpdkError(const char* step, int error);
  std::string log;
};

// Ends the step with a DpdkError if `result`, DPDK's, is negative.
inline int Check(const char* step, int result) {
  if (result < 0) throw DpdkError(step, result);
  return result;
}

}  // namespace lunetta
