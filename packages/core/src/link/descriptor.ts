/**
 * A descriptor names one segment of a frame to or from a driver: {@link DESCRIPTOR_WORDS} 32-bit words in an
 * `Int32Array`, with the same layout for receiving and sending. Descriptor `i` starts at word
 * `i * DESCRIPTOR_WORDS`. Words 0-3 are always valid and never have bit 31 set (V8 keeps them as small integers);
 * words 4-7 mean something only where a flag below says so, and hold old values otherwise.
 */
export const DESCRIPTOR_WORDS = 8;

/** Word 0: the buffer's handle, `0 .. bufferCount - 1` of the queue's {@link FrameMemory}. */
export const HANDLE = 0;
/** Word 1: byte offset of the segment's first byte in the {@link FrameMemory}. */
export const OFFSET = 1;
/** Word 2: length of the segment in bytes. */
export const LENGTH = 2;
/** Word 3: the flags below. */
export const FLAGS = 3;
/** Word 4: length of the whole frame in bytes; valid in the first descriptor of a chain (first one with `MORE`). */
export const FRAME_LENGTH = 4;
/**
 * Word 5: VLAN tag (TCI) in bits 0-15 (with `RX_VLAN_STRIPPED` or `TX_VLAN_INSERT`), MSS in bits 16-30 (with
 * `RX_COALESCED` or `TX_TSO`): bytes of text in each TCP segment but the last.
 */
export const VLAN_AND_MSS = 5;
/** Word 6: bytes of the layer 2 header in bits 0-7, layer 3 in 8-15, layer 4 in 16-23; valid with any `TX_` request. */
export const HEADER_LENGTHS = 6;
/** Word 7: the receive-side-scaling hash, with `RX_HASH`. */
export const RSS_HASH = 7;

// Both ways.
/** The frame goes on in the next descriptor. A chain is never split over two polls. */
export const MORE = 1 << 0;

// Receiving. For each layer: neither flag = unknown (verify in software), GOOD or BAD = the device looked.
/** The device found the IPv4 header checksum right. */
export const RX_IP_CHECKSUM_GOOD = 1 << 1;
/** The device found the IPv4 header checksum wrong. */
export const RX_IP_CHECKSUM_BAD = 1 << 2;
/** The device found the TCP/UDP checksum right, or the frame never was on a wire (a local peer's partial checksum). */
export const RX_L4_CHECKSUM_GOOD = 1 << 3;
/** The device found the TCP/UDP checksum wrong. */
export const RX_L4_CHECKSUM_BAD = 1 << 4;
/** The device took a VLAN tag out of the frame; it is in word 5. */
export const RX_VLAN_STRIPPED = 1 << 5;
/** Word 7 holds the receive-side-scaling hash. */
export const RX_HASH = 1 << 6;
/**
 * The frame is several TCP segments of one connection that came one after the other, put together: the headers of the
 * first one, with the length and the text of all; their MSS is in word 5. It may be longer than the MTU. Their checksums
 * were right: `RX_L4_CHECKSUM_GOOD` goes with it.
 */
export const RX_COALESCED = 1 << 7;

// Sending.
/**
 * The segment is only lent: the driver does not return it to its pool after sending but gives the handle back in
 * {@link LinkQueue.done}.
 */
export const TX_KEEP = 1 << 8;
/** Fill in the IPv4 header checksum (the field holds 0). */
export const TX_IP_CHECKSUM = 1 << 9;
/** Fill in the UDP checksum (the field holds the pseudo-header's sum). */
export const TX_UDP_CHECKSUM = 1 << 10;
/** Fill in the TCP checksum (the field holds the pseudo-header's sum). */
export const TX_TCP_CHECKSUM = 1 << 11;
/**
 * Cut the TCP payload into segments of the MSS in word 5 (TSO), which fit the MTU; implies their checksums (the field
 * holds the pseudo-header's sum over the whole length).
 */
export const TX_TSO = 1 << 12;
/** Insert the VLAN tag of word 5. */
export const TX_VLAN_INSERT = 1 << 13;

/** All requests that a driver may have to serve; {@link LinkQueue.offloads} is a subset of them. */
export const TX_OFFLOADS = TX_IP_CHECKSUM | TX_UDP_CHECKSUM | TX_TCP_CHECKSUM | TX_TSO | TX_VLAN_INSERT;
