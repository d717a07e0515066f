#pragma once

#include <unistd.h>

#include <stdexcept>

namespace lunetta {

// What failed while a device was opened: the step and its errno. src/open-error.ts puts it into words.
class StepError : public std::runtime_error {
 public:
  StepError(const char* step, int error) : std::runtime_error(step), step(step), error(error) {}
  const char* step;
  int error;
};

// A file descriptor with one owner.
class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) : fd_(fd) {}
  ~UniqueFd() { Close(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.fd_;
      other.fd_ = -1;
    }
    return *this;
  }
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

}  // namespace lunetta
