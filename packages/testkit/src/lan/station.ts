import { LunettaError } from '@lunetta/core';
import { packetBytes, type PacketBytes } from '../packets/packet-builder.js';
import { readPacket, type Packet } from '../packets/packet.js';
import { Jack, type LanDevice } from './jack.js';

/** Frames that a station keeps until the test takes them. */
const INBOX_LIMIT = 100_000;

/** A station that is the test itself: it sends and hears frames byte by byte, and does nothing by itself. */
export class Station implements LanDevice {
  /** Called with every frame that it hears; they are kept in any case. The frame is not to be written to. */
  onFrame: ((frame: Uint8Array) => void) | undefined = undefined;
  /** Frames lost because the test took none and the inbox was full. */
  dropped = 0;
  private readonly jack: Jack;
  private inbox: Uint8Array[] = [];

  /** @param mac as `02:00:00:00:00:01`, for the test's use: it hears frames to any address */
  constructor(
    readonly name: string,
    readonly mac: string,
  ) {
    this.jack = new Jack(this, name, { onFrame: (frame) => this.hear(frame) });
  }

  /**
   * Puts frames on the cable, as they are.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE` if no cable is plugged in
   */
  send(...frames: readonly PacketBytes[]): void {
    for (const frame of frames) {
      // A copy: the LAN keeps what is under way, and the test may go on with its bytes.
      if (this.jack.send(packetBytes(frame).slice())) continue;
      throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.name} has no cable; plug one in with lan.cable()`);
    }
  }

  /** Takes the frames that it has heard since the last call, in order. */
  receive(): Uint8Array[] {
    const heard = this.inbox;
    this.inbox = [];
    return heard;
  }

  /** As {@link receive}; every frame is read, and held to the standards. */
  heard(): Packet[] {
    return this.receive().map(readPacket);
  }

  freeJack(): Jack {
    if (!this.jack.isPlugged) return this.jack;
    throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.name} has a cable already; a station has one jack`);
  }

  private hear(frame: Uint8Array): void {
    if (this.inbox.length < INBOX_LIMIT) this.inbox.push(frame);
    else this.dropped++;
    this.onFrame?.(frame);
  }
}
