import type { Datagram } from './datagram.js';
import type { ReceivedDatagram } from './received-datagram.js';

/** What each queued datagram is charged beside its payload, so that small ones are bounded too. */
const CHARGE_EACH = 256;

/** The datagrams that wait for `receive()`: copies, so that a slow application holds no frame buffers. */
export class ReceiveQueue {
  private entries: ReceivedDatagram[] = [];
  private head = 0;
  private charged = 0;

  /** Number of datagrams. */
  get length(): number {
    return this.entries.length - this.head;
  }

  /** Adds a copy of a datagram; false if that would charge more than `limit` bytes. */
  push(datagram: Datagram, limit: number): boolean {
    const charge = datagram.length + CHARGE_EACH;
    if (this.charged + charge > limit) return false;
    this.charged += charge;
    this.entries.push(datagram.copy());
    return true;
  }

  /** The oldest datagram, taken out. */
  shift(): ReceivedDatagram | undefined {
    const datagram = this.entries[this.head];
    if (datagram === undefined) return undefined;
    this.charged -= datagram.bytes.length + CHARGE_EACH;
    this.head++;
    if (this.head * 2 >= this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return datagram;
  }

  /** Throws all away; returns how many there were. */
  clear(): number {
    const { length } = this;
    this.entries = [];
    this.head = 0;
    this.charged = 0;
    return length;
  }
}
