import type { Random } from '../../time/host.js';
import { SipHash } from './sip-hash.js';

/** What a new connection starts with, unguessable for who does not see its segments. */
export class InitialNumbers {
  private readonly sequenceHash: SipHash;
  private readonly timestampHash: SipHash;

  constructor(random: Random) {
    this.sequenceHash = new SipHash(random);
    this.timestampHash = new SipHash(random);
  }

  /** The initial sequence number: a clock of 4 us and a secret hash of addresses and ports (RFC 6528 section 3). */
  sequence(local: number, remote: number, ports: number, nowUs: number): number {
    return (Math.floor(nowUs / 4) + this.sequenceHash.of(local, remote, ports, 0, 0)) | 0;
  }

  /** What is added to the time for the timestamps between two addresses and ports (RFC 7323 section 5.4). */
  timestampOffset(local: number, remote: number, ports: number): number {
    return this.timestampHash.of(local, remote, ports, 0, 0);
  }
}
