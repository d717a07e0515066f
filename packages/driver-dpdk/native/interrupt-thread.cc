#include "interrupt-thread.h"

#include <lunetta/step-error.h>
#include <rte_interrupts.h>
#include <semaphore.h>
#include <sys/eventfd.h>

#include <utility>

namespace lunetta {

namespace {

// An interrupt of our own.
class Doorbell {
 public:
  // `call` is called at each ring, in the interrupt thread.
  explicit Doorbell(std::function<void()> call)
      : call_(std::move(call)),
        fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        handle_(rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE)) {
    sem_init(&answered_, 0, 0);
    if (fd_.get() < 0 || handle_ == nullptr) return;
    rte_intr_type_set(handle_, RTE_INTR_HANDLE_EXT);
    rte_intr_fd_set(handle_, fd_.get());
    works_ = rte_intr_callback_register(handle_, OnRing, this) == 0;
  }

  ~Doorbell() {
    if (works_) rte_intr_callback_unregister_sync(handle_, OnRing, this);
    rte_intr_instance_free(handle_);
    sem_destroy(&answered_);
  }

  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  bool works() const { return works_; }

  // Returns once it was answered.
  void Ring() {
    eventfd_write(fd_.get(), 1);
    while (sem_wait(&answered_) != 0) {
    }
  }

 private:
  static void OnRing(void* self) {
    auto bell = static_cast<Doorbell*>(self);
    eventfd_t count;
    if (eventfd_read(bell->fd_.get(), &count) != 0) return;
    bell->call_();
    sem_post(&bell->answered_);
  }

  std::function<void()> call_;
  UniqueFd fd_;
  rte_intr_handle* handle_;
  sem_t answered_;
  bool works_ = false;
};

}  // namespace

void RunOnInterruptThread(const std::function<void()>& work) {
  bool done = false;
  Doorbell bell([&] {
    if (!done) work();
    done = true;
  });
  if (!bell.works()) return work();
  bell.Ring();
  // The thread takes events by the handful, as numbers of descriptors: one that `work` closed and somebody has opened again
  // would be taken for the new one. It answers a second time when it is through with those.
  bell.Ring();
}

}  // namespace lunetta
