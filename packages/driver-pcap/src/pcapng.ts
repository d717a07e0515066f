// Numbers of pcapng (draft-ietf-opsawg-pcapng), for those who read it and those who write it.

// Block types (section 11.1).
export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
/** The packet block, obsolete. */
export const PACKET = 2;
export const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;

/** Stands in the section header, in the byte order of the section. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Of a block: its type and length before, its length once more after. */
export const BLOCK_OVERHEAD = 12;

// Options of every block (section 3.5).
export const OPTION_END = 0;
export const OPTION_COMMENT = 1;
/** Of a section (section 4.1). */
export const USER_APPLICATION = 4;
// Of an interface (section 4.2).
export const IF_NAME = 2;
export const IF_DESCRIPTION = 3;
export const IF_TSRESOL = 9;
export const IF_TSOFFSET = 14;
/** Of a packet (section 4.3); its lowest two bits are the direction. */
export const EPB_FLAGS = 2;
export const DIRECTION_MASK = 3;
export const DIRECTION_IN = 1;
export const DIRECTION_OUT = 2;

/** Options of a packet that are numbers: code and bytes (epb_flags, epb_dropcount, epb_packetid, epb_queue). */
export const PACKET_NUMBERS: ReadonlyMap<number, number> = new Map([
  [2, 4],
  [4, 8],
  [5, 8],
  [6, 4],
]);
/** Options of an interface that are numbers (if_speed, if_tzone, if_tsoffset, if_txspeed, if_rxspeed). */
export const INTERFACE_NUMBERS: ReadonlyMap<number, number> = new Map([
  [8, 8],
  [10, 4],
  [14, 8],
  [16, 8],
  [17, 8],
]);

/** An option of a block. */
export interface CaptureOption {
  /** What it means depends on the block; 1 is a comment in all of them. */
  readonly code: number;
  /** As it stands in the capture; numbers are little-endian. */
  readonly value: Uint8Array;
}
