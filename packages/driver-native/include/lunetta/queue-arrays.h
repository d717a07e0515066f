#pragma once

#include <cstddef>
#include <cstdint>

namespace lunetta {

// Words of a descriptor and of the counts: packages/core/src/link/{descriptor,link-driver}.ts.
constexpr uint32_t kDescriptorWords = 8;
enum DescriptorWord : uint32_t {
  kHandle = 0,
  kOffset = 1,
  kLength = 2,
  kFlags = 3,
  kFrameLength = 4,
  kVlanAndMss = 5,
  kHeaderLengths = 6,
  kRssHash = 7
};
enum CountWord : uint32_t { kCountFree = 0, kCountStock = 1, kCountDone = 2, kCountSent = 3, kCountState = 4, kCounts = 5 };

// Flags of a descriptor: packages/core/src/link/descriptor.ts.
constexpr int32_t kMore = 1 << 0;
constexpr int32_t kRxIpChecksumGood = 1 << 1;
constexpr int32_t kRxIpChecksumBad = 1 << 2;
constexpr int32_t kRxL4ChecksumGood = 1 << 3;
constexpr int32_t kRxL4ChecksumBad = 1 << 4;
constexpr int32_t kRxVlanStripped = 1 << 5;
constexpr int32_t kRxHash = 1 << 6;
constexpr int32_t kRxCoalesced = 1 << 7;
constexpr int32_t kRxFlags = 0xfe;
constexpr int32_t kTxKeep = 1 << 8;
constexpr int32_t kTxIpChecksum = 1 << 9;
constexpr int32_t kTxUdpChecksum = 1 << 10;
constexpr int32_t kTxTcpChecksum = 1 << 11;
constexpr int32_t kTxTso = 1 << 12;
constexpr int32_t kTxVlanInsert = 1 << 13;
constexpr int32_t kTxOffloads = 0x3e00;

constexpr size_t kEthernetHeader = 14;
constexpr size_t kVlanTag = 4;
// Header lengths (RFC 791, RFC 768, RFC 9293).
constexpr uint32_t kShortestIp = 20;
constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kShortestTcp = 20;
constexpr uint32_t kLongestHeader = 60;
// Of a frame that is to be cut up: all headers.
constexpr uint32_t kLongestTsoHeaders = 128;

// Values of counts[COUNT_STATE].
enum class LinkState : int32_t { Up = 0, Down = 1, Gone = 2 };

// How many of each thing a queue has.
struct QueueShape {
  uint32_t buffers;        // frame buffers of its memory
  uint32_t rxCapacity;     // descriptors
  uint32_t txCapacity;     // descriptors
  uint32_t stockCapacity;  // handles
};

// Where the arrays of a queue lie behind one base address, each on cache lines of its own.
class ArrayLayout {
 public:
  explicit ArrayLayout(const QueueShape& shape) {
    countsAt = Place(kCounts);
    rxAt = Place(static_cast<size_t>(shape.rxCapacity) * kDescriptorWords);
    txAt = Place(static_cast<size_t>(shape.txCapacity) * kDescriptorWords);
    freeAt = Place(shape.buffers);
    stockAt = Place(shape.stockCapacity);
    doneAt = Place(shape.buffers);
  }

  size_t countsAt, rxAt, txAt, freeAt, stockAt, doneAt;
  // Bytes that the arrays take.
  size_t size = 0;

 private:
  size_t Place(size_t words) {
    constexpr size_t kCacheLine = 64;
    const size_t at = size;
    size = (size + words * sizeof(int32_t) + kCacheLine - 1) / kCacheLine * kCacheLine;
    return at;
  }
};

// The arrays that a queue shares with JavaScript.
struct QueueArrays {
  QueueArrays(uint8_t* base, const ArrayLayout& layout)
      : counts(Words(base, layout.countsAt)),
        rx(Words(base, layout.rxAt)),
        tx(Words(base, layout.txAt)),
        free(Words(base, layout.freeAt)),
        stock(Words(base, layout.stockAt)),
        done(Words(base, layout.doneAt)) {}

  int32_t* counts;
  int32_t* rx;
  int32_t* tx;
  int32_t* free;
  int32_t* stock;
  int32_t* done;

 private:
  static int32_t* Words(uint8_t* base, size_t at) { return reinterpret_cast<int32_t*>(base + at); }
};

}  // namespace lunetta
