import { format } from '../wire/ipv4-address.js';

const SLOT_BITS = 8;
const SLOTS = 1 << SLOT_BITS;

/**
 * Writes addresses as text, and remembers the last ones: a server that looks at every sender's address makes a string
 * for each sender, not for each datagram.
 */
export class AddressText {
  private readonly addresses = new Int32Array(SLOTS);
  private readonly texts = new Array<string>(SLOTS).fill('0.0.0.0');

  /** @param address signed 32 bits */
  of(address: number): string {
    const slot = Math.imul(address, 0x9e3779b1) >>> (32 - SLOT_BITS);
    if (this.addresses[slot] !== address) {
      this.addresses[slot] = address;
      this.texts[slot] = format(address);
    }
    return this.texts[slot];
  }
}
