#pragma once

#include <lunetta/checked-queue.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "frame-store.h"

namespace lunetta {

// Why a frame was lost. The names that JavaScript sees: kLossNames.
enum class Loss : uint32_t { RxNoBuffer, RxRunt, RxOversized, TxDown, TxGone, TxTooLong, TxPrepare, TxLinearize, kSize };
constexpr std::array<const char*, static_cast<size_t>(Loss::kSize)> kLossNames = {
    "rxNoBuffer", "rxRunt", "rxOversized", "txDown", "txGone", "txTooLong", "txPrepare", "txLinearize"};

struct QueueCounters {
  uint64_t rxFrames = 0, rxBytes = 0, txFrames = 0, txBytes = 0, rxCopied = 0;
  std::array<uint64_t, static_cast<size_t>(Loss::kSize)> lost{};
};

// What a queue is made of.
struct QueueRequest {
  uint16_t port;          // DPDK's numbers
  uint16_t queue;
  QueueShape shape;
  uint32_t maxRxSegments; // of a received frame; a longer chain is copied into one buffer
  uint32_t mtu;
  uint64_t txOffloads;    // RTE_ETH_TX_OFFLOAD_ that the port is configured for
  uint32_t cutOverhead;   // bytes beyond the MTU of the longest frame that the device cuts a segment into
  uint8_t owner;          // our stack, kOwnerStack or above
  bool poison;            // returned buffers are overwritten
};

// The hot half of a queue: moves bursts between a device and the memory of frames. Knows nothing of Node. Whatever
// JavaScript wrote into the arrays, no memory outside the frame buffers is touched and every buffer keeps exactly one
// owner.
class DpdkQueue : public CheckedQueue<DpdkQueue> {
 public:
  static std::shared_ptr<DpdkQueue> Make(const QueueRequest& request, std::shared_ptr<FrameStore> store);
  DpdkQueue(const QueueRequest& request, std::shared_ptr<FrameStore> store, std::vector<uint8_t> arrayBytes);

  // The contract's hot call (LinkQueue.poll): free, send, stock, receive. Allocates nothing.
  int32_t Poll(int32_t txCount);

  // Takes back what stands in free and stock, and what is lent; from then on Poll does nothing.
  void Close();

  bool closed() const { return closed_; }
  LinkState state() const { return state_; }
  void SetState(LinkState state);
  void SetMtu(uint32_t mtu) { mtu_ = mtu; }
  const QueueCounters& counters() const { return counters_; }
  int32_t offloads() const { return offloads_; }
  const QueueShape& shape() const { return shape_; }
  const FrameStore& store() const { return *store_; }
  const int32_t* received() const { return arrays_.rx; }
  uint8_t* arrayBase() { return arrayBytes_.data(); }
  ArrayLayout layout() const { return ArrayLayout(shape_); }

 private:
  friend class CheckedQueue<DpdkQueue>;

  // A frame that is ready for the device.
  struct Ready {
    int32_t end;       // the descriptor after it
    uint32_t length;
  };

  // What a loop over frames reads of the members, in locals (see OwnerBytes).
  struct Frames {
    OwnerBytes owners;
    BufferGrid grid;
    MbufGrid mbufs;
    uint8_t me;
  };
  Frames FramesNow() { return {ownership_->bytes(), grid_, store_->mbufs(), me_}; }

  void Put(int32_t handle);
  bool TakeForStock(int32_t* handle);
  void GiveReturned();

  int32_t Send(int32_t txCount);
  int32_t AddPlainFrames(int32_t first, int32_t end);
  bool Obstacle(int32_t first, Loss* loss) const;
  uint32_t LongestCut(const int32_t* descriptor) const;
  bool SendRun(int32_t* accepted);
  void Accept(uint16_t first, uint16_t end, int32_t* accepted);
  void DropBuilt(rte_mbuf* mbuf);
  void GiveBackToStack(rte_mbuf* mbuf);
  void CollectLent(bool sent);

  rte_mbuf* Build();
  rte_mbuf* BuildChain();
  rte_mbuf* BuildSegment(const Segment& segment);
  bool SendCopy(const int32_t* descriptor);
  void RequestOffloads(rte_mbuf* mbuf, const int32_t* descriptor);

  int32_t Receive();
  int32_t Show(rte_mbuf* mbuf, int32_t* descriptor);
  int32_t ShowChain(rte_mbuf* mbuf, int32_t* descriptor);
  bool CanShowChain(const rte_mbuf* mbuf) const;
  rte_mbuf* CopyIn(rte_mbuf* mbuf);
  void Describe(const rte_mbuf* mbuf, const Frames& frames, int32_t* descriptor);
  int32_t RxFlags(const rte_mbuf* mbuf) const;
  static bool HasL4Checksum(const rte_mbuf* mbuf);

  using CheckedQueue<DpdkQueue>::Count;
  void Count(Loss reason) { counters_.lost[static_cast<size_t>(reason)]++; }

  uint16_t port_;
  uint16_t queue_;
  std::shared_ptr<FrameStore> store_;
  std::vector<uint8_t> arrayBytes_;
  uint32_t maxRxSegments_;
  uint32_t mtu_;
  uint32_t cutOverhead_;
  bool takesChains_;
  bool poison_;
  rte_mempool* indirects_;
  bool closed_ = false;
  bool needsPrepare_ = false;
  LinkState state_ = LinkState::Down;
  QueueCounters counters_;

  // Buffers that came back and go to the pool together.
  std::vector<rte_mbuf*> returned_;
  uint32_t returnedCount_ = 0;

  // The frames that are about to be sent, in one burst.
  std::vector<rte_mbuf*> run_;
  std::vector<Ready> ready_;
  uint16_t runCount_ = 0;

  // Handles lent by frames of the run: which frame, which handle.
  struct Lending {
    uint16_t frame;
    int32_t handle;
  };
  std::vector<Lending> lending_;
  uint32_t lendingCount_ = 0;
  // Handles lent to the device, in the order of sending: a ring.
  std::vector<int32_t> lent_;
  uint32_t lentHead_ = 0, lentCount_ = 0;

  // Received and not yet shown.
  std::vector<rte_mbuf*> arrived_;
};

// Mbufs that refer to a buffer of a store, for buffers that are only lent to a device; one pool in a process.
rte_mempool* IndirectPool();

}  // namespace lunetta
