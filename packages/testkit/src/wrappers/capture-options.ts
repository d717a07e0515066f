import type { Clock, NetworkInterface } from '@lunetta/core';
import type { CaptureWriter } from '@lunetta/driver-pcap';

/** What a capture wrapper needs and may be told. */
export interface CaptureOptions {
  /** Where packets are written; it is flushed after every poll that wrote some, and not closed. */
  readonly writer: CaptureWriter;
  /** The interface's number in the capture: `writer.addInterface()` gives it. */
  readonly iface: number;
  /** Gives the time stamps; add what makes it microseconds since 1970. */
  readonly clock: Clock;
  /** Which frames are written; all if not given. */
  readonly filter?: ((bytes: Uint8Array, at: number, length: number) => boolean) | undefined;
  /**
   * Whose accounts tell what became of each received frame, once the stack has the interface; then that is written as
   * its comment. Frames are shown to the stack one in a poll for that, unless more than a burst of them wait.
   */
  readonly explain?: (() => NetworkInterface | undefined) | undefined;
  /** Called when a frame has been written. */
  readonly onPacket?: (() => void) | undefined;
}
