import type { CaptureOption } from '../pcapng.js';

/** An interface of a capture (pcapng: section 4.2 of draft-ietf-opsawg-pcapng). */
export interface CaptureInterface {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** A LINKTYPE_ number; 1, Ethernet, if not given. */
  readonly linkType?: number | undefined;
  /** Bytes kept of a packet at most; 262,144 if not given. */
  readonly snapLength?: number | undefined;
  /** Of the time stamps; microseconds if not given. */
  readonly resolution?: 'us' | 'ns' | undefined;
}

/** What a packet is written with, beside its bytes. */
export interface PacketDetails {
  readonly comment?: string | undefined;
  readonly direction?: 'in' | 'out' | undefined;
  /** More options of pcapng, written as they are: those of a packet that was read, for example. */
  readonly options?: readonly CaptureOption[] | undefined;
  /** Its length on the wire, where fewer bytes were kept. */
  readonly originalLength?: number | undefined;
}

/** The largest snap length, as tcpdump and Wireshark have it: longer packets are taken for nonsense by readers. */
export const MAX_SNAP_LENGTH = 262_144;
/** LINKTYPE_ETHERNET. */
export const LINKTYPE_ETHERNET = 1;

/**
 * Writes a capture. Blocks are gathered and go to the sink with {@link flush}, or when there are 64 KiB of them; between
 * two flushes a capture is always whole blocks.
 */
export interface CaptureWriter {
  /** Adds an interface; its number. */
  addInterface(iface: CaptureInterface): number;
  /**
   * Adds the packet `bytes[at, at + length)`, of which the interface's snap length is kept.
   *
   * @param timeUs microseconds since 1970
   * @throws LunettaError `LUNETTA_ERR_CAPTURE` when the sink cannot be written
   */
  writePacket(
    iface: number,
    timeUs: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    details?: PacketDetails,
  ): void;
  /** Hands all blocks to the sink. */
  flush(): void;
  /** Flushes and ends the sink; idempotent. */
  close(): void;
}
