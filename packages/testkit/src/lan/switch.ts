import { type Clock, ethernet, LunettaError } from '@lunetta/core';
import { type Duration, durationUs } from '../virtual/duration.js';
import { Jack, type LanDevice } from './jack.js';
import { MacTable } from './mac-table.js';

/** How a switch is set up. */
export interface SwitchOptions {
  /** How long an address is known after its last frame. 300 s if not given (IEEE 802.1Q clause 8.8.3). */
  readonly age?: Duration | undefined;
  /** Addresses known at a time; when full, others are not learned. 8192 if not given. */
  readonly limit?: number | undefined;
}

/** What became of the frames that came to a switch. */
export interface SwitchCounts {
  /** All of them: the sum of the next five. */
  received: number;
  /** To the one port of their address. */
  forwarded: number;
  /** To all other ports: to a group, or to an address not known. */
  flooded: number;
  /** To nobody: their address is where they came from. */
  filtered: number;
  /** To nobody: bridges do not pass on the reserved groups 01:80:c2:00:00:0x (IEEE 802.1Q clause 8.6.3). */
  reserved: number;
  /** To nobody: no Ethernet header, or a group as sender. */
  malformed: number;
  /** Frames sent out, copies of flooded ones included. */
  sent: number;
}

const RESERVED_HI = 0x0180;
const RESERVED_LO = 0xc2000000 | 0;

/** A learning switch. It has as many ports as are needed; it takes no time, the cables do. */
export class Switch implements LanDevice {
  readonly counts: SwitchCounts = {
    ...{ received: 0, forwarded: 0, flooded: 0, filtered: 0, reserved: 0, malformed: 0, sent: 0 },
  };
  private readonly table: MacTable<Jack>;
  private readonly jacks: Jack[] = [];

  /**
   * @throws LunettaError `LUNETTA_ERR_CONFIG`
   */
  constructor(
    readonly name: string,
    { age = '300s', limit = 8192 }: SwitchOptions,
    private readonly clock: Clock,
  ) {
    if (!(limit >= 0)) throw new LunettaError('LUNETTA_ERR_CONFIG', `${name}: a limit of ${limit} addresses`);
    this.table = new MacTable(durationUs(age), limit);
  }

  /** Number of addresses that it knows now, and what has become of others. */
  get addresses(): Readonly<Record<'known' | 'aged' | 'moved' | 'refused', number>> {
    const known = this.table.size(this.clock.nowUs()); // which forgets some
    const { aged, moved, refused } = this.table;
    return { known, aged, moved, refused };
  }

  /** Forgets all addresses, as after a restart. */
  flush(): void {
    this.table.clear();
  }

  freeJack(): Jack {
    const free = this.jacks.find((jack) => !jack.isPlugged);
    if (free !== undefined) return free;
    const jack: Jack = new Jack(this, `${this.name}:${this.jacks.length}`, {
      onFrame: (frame) => this.forward(frame, jack),
      onCarrier: (isUp) => {
        if (!isUp) this.table.removePort(jack);
      },
    });
    this.jacks.push(jack);
    return jack;
  }

  /** What is wrong with its accounts. */
  faults(): string[] {
    const { received, forwarded, flooded, filtered, reserved, malformed, sent } = this.counts;
    const fates = forwarded + flooded + filtered + reserved + malformed;
    const [came, went] = [total(this.jacks, 'received'), total(this.jacks, 'sent')];
    const faults: string[] = [];
    if (came !== received || received !== fates) {
      faults.push(`${this.name}: ${came} frames came, received ${received}, but their fates add up to ${fates}`);
    }
    if (went !== sent) faults.push(`${this.name}: sent ${sent}, but the cables have got ${went}`);
    return faults;
  }

  private forward(frame: Uint8Array, from: Jack): void {
    const { counts } = this;
    counts.received++;
    if (frame.length < ethernet.HEADER_LENGTH || isGroup(frame, 6)) {
      counts.malformed++;
      return;
    }
    const nowUs = this.clock.nowUs();
    this.table.learn(addressAt(frame, 6), from, nowUs);
    if (isReserved(frame)) {
      counts.reserved++;
      return;
    }
    const to = isGroup(frame, 0) ? undefined : this.table.find(addressAt(frame, 0), nowUs);
    if (to === undefined) {
      counts.flooded++;
      for (const jack of this.jacks) if (jack !== from) this.send(frame, jack);
    } else if (to === from) {
      counts.filtered++;
    } else {
      counts.forwarded++;
      this.send(frame, to);
    }
  }

  private send(frame: Uint8Array, to: Jack): void {
    if (to.send(frame)) this.counts.sent++;
  }
}

function isGroup(frame: Uint8Array, at: number): boolean {
  return (frame[at] & 1) !== 0;
}

function isReserved(frame: Uint8Array): boolean {
  const hi = (frame[0] << 8) | frame[1];
  const lo = (frame[2] << 24) | (frame[3] << 16) | (frame[4] << 8) | frame[5];
  return hi === RESERVED_HI && (lo & ~15) === RESERVED_LO;
}

/** Six bytes as a number. */
function addressAt(frame: Uint8Array, at: number): number {
  const hi = (frame[at] << 8) | frame[at + 1];
  const lo = (frame[at + 2] << 24) | (frame[at + 3] << 16) | (frame[at + 4] << 8) | frame[at + 5];
  return hi * 2 ** 32 + (lo >>> 0);
}

function total(jacks: readonly Jack[], count: 'sent' | 'received'): number {
  return jacks.reduce((sum, jack) => sum + jack[count], 0);
}
