import { mask } from '../wire/ipv4-address.js';

/** Addresses, signed 32 bits, by their prefix. */
interface ProxyEntry {
  readonly prefix: number;
  readonly prefixLength: number;
}

/** The addresses of others that we answer for on one link (proxy ARP, RFC 1027). */
export class ProxyEntries {
  private entries: readonly ProxyEntry[] = [];

  /** Number of entries. */
  get size(): number {
    return this.entries.length;
  }

  /** All entries. */
  get all(): readonly ProxyEntry[] {
    return this.entries;
  }

  /** True if we answer for `address`. */
  has(address: number): boolean {
    return this.entries.some(({ prefix, prefixLength }) => ((address ^ prefix) & mask(prefixLength)) === 0);
  }

  /** Adds the addresses of a prefix; those that are there already change nothing. */
  add(prefix: number, prefixLength: number): void {
    this.entries = [...this.without(prefix, prefixLength), { prefix: prefix & mask(prefixLength), prefixLength }];
  }

  /** Takes a prefix out; false if it is not there. */
  remove(prefix: number, prefixLength: number): boolean {
    const before = this.size;
    this.entries = this.without(prefix, prefixLength);
    return this.size < before;
  }

  private without(prefix: number, prefixLength: number): ProxyEntry[] {
    const masked = prefix & mask(prefixLength);
    return this.entries.filter((entry) => entry.prefix !== masked || entry.prefixLength !== prefixLength);
  }
}
