#include "virtio-header.h"

#include <endian.h>
#include <lunetta/internet-sum.h>
#include <lunetta/queue-arrays.h>

#include <algorithm>
#include <cstring>

namespace lunetta {

namespace {

// Virtio 1.2 section 5.1.6: VIRTIO_NET_HDR_...
constexpr uint8_t kNeedsChecksum = 1;
constexpr uint8_t kDataValid = 2;
constexpr uint8_t kGsoNone = 0;
constexpr uint8_t kGsoTcp4 = 1;
constexpr uint8_t kGsoEcn = 0x80;

constexpr size_t kTypeAt = 12;
constexpr uint16_t kTypeIpv4 = 0x0800;
constexpr uint16_t kTypeVlan = 0x8100;
constexpr uint16_t kTypeServiceVlan = 0x88a8;
constexpr size_t kIpv4Header = 20;
constexpr size_t kProtocolAt = 9;
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr size_t kTcpChecksumAt = 16;
constexpr size_t kUdpChecksumAt = 6;

// What fits into word 5 of a descriptor beside bit 31.
constexpr uint16_t kLargestMss = 0x7fff;

uint16_t Word(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]); }

// Whether the checksum from `start` on, at `offset` from there, is that of the outermost TCP or UDP over IPv4.
bool IsOfTransport(const uint8_t* frame, size_t length, size_t start, size_t offset) {
  size_t at = kTypeAt;
  for (int tags = 0; tags < 2 && at + kVlanTag + 2 <= length; tags++) {
    const uint16_t type = Word(frame + at);
    if (type != kTypeVlan && type != kTypeServiceVlan) break;
    at += kVlanTag;
  }
  if (at + 2 + kIpv4Header > length || Word(frame + at) != kTypeIpv4) return false;
  at += 2;
  if (start != at + (frame[at] & 0xfu) * 4) return false;
  const uint8_t protocol = frame[at + kProtocolAt];
  return (protocol == kTcp && offset == kTcpChecksumAt) || (protocol == kUdp && offset == kUdpChecksumAt);
}

// The field holds the sum of the pseudo-header: adds the rest. 0 would say, of UDP, that there is none.
void Finish(uint8_t* frame, size_t length, size_t start, size_t fieldAt) {
  const auto sum = static_cast<uint16_t>(~InternetSum(frame + start, length - start));
  const uint16_t field = sum == 0 ? 0xffff : sum;
  frame[fieldAt] = static_cast<uint8_t>(field >> 8);
  frame[fieldAt + 1] = static_cast<uint8_t>(field);
}

}  // namespace

bool ReadVirtioHeader(const VirtioHeader& header, uint8_t* frame, size_t length, int32_t* descriptor) {
  int32_t flags = 0;
  if ((header.flags & kNeedsChecksum) != 0) {
    const size_t start = le16toh(header.checksumStart), offset = le16toh(header.checksumOffset);
    if (start + offset + sizeof(uint16_t) > length) return false;
    if (IsOfTransport(frame, length, start, offset)) {
      flags |= kRxL4ChecksumGood;
    } else {
      Finish(frame, length, start, start + offset);
    }
  } else if ((header.flags & kDataValid) != 0) {
    flags |= kRxL4ChecksumGood;
  }
  if (header.gsoType != kGsoNone) {
    const uint16_t mss = le16toh(header.gsoSize);
    if ((header.gsoType & ~kGsoEcn) != kGsoTcp4 || mss == 0 || (flags & kRxL4ChecksumGood) == 0) return false;
    flags |= kRxCoalesced;
    descriptor[kVlanAndMss] = std::min(mss, kLargestMss) << 16;
  }
  descriptor[kFlags] = flags;
  return true;
}

VirtioHeader VirtioHeaderFor(const int32_t* descriptor) {
  VirtioHeader header;
  memset(&header, 0, sizeof header);
  const int32_t flags = descriptor[kFlags];
  if ((flags & kTxOffloads) == 0) return header;
  const auto lengths = static_cast<uint32_t>(descriptor[kHeaderLengths]);
  const uint32_t transportAt = (lengths & 0xff) + (lengths >> 8 & 0xff);
  header.flags = kNeedsChecksum;
  header.checksumStart = htole16(static_cast<uint16_t>(transportAt));
  header.checksumOffset = htole16((flags & kTxUdpChecksum) != 0 ? kUdpChecksumAt : kTcpChecksumAt);
  if ((flags & kTxTso) != 0) {
    header.gsoType = kGsoTcp4;
    header.gsoSize = htole16(static_cast<uint16_t>(static_cast<uint32_t>(descriptor[kVlanAndMss]) >> 16));
    header.headerLength = htole16(static_cast<uint16_t>(transportAt + (lengths >> 16 & 0xff)));
  }
  return header;
}

}  // namespace lunetta
