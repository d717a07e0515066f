import { DropReason, LinkCounter, type NetworkInterface } from '@lunetta/core';

/** Tells by an interface's accounts what became of what it received since the last look. */
export class FrameFate {
  private readonly rxDrops: Float64Array;
  private readonly txDrops: Float64Array;
  private readonly counters: Float64Array;
  private held: number;
  private neighbours: number;

  constructor(private readonly iface: NetworkInterface) {
    this.rxDrops = iface.io.rxDrops.slice();
    this.txDrops = iface.io.txDrops.slice();
    this.counters = iface.io.counters.slice();
    this.held = iface.io.held;
    this.neighbours = neighboursOf(iface);
  }

  /** What has happened since the last call, such as `dropped: udp.noPort; answered by 1 frame`. */
  tell(): string {
    const parts: string[] = [];
    const { io } = this.iface;
    const neighbours = neighboursOf(this.iface);
    this.tellCount(parts, 'delivered', LinkCounter.delivered);
    this.tellCount(parts, 'consumed by the stack', LinkCounter.consumed);
    this.tellCount(parts, 'forwarded', LinkCounter.forwarded);
    tellDrops(parts, 'dropped', this.rxDrops, io.rxDrops);
    tellDrops(parts, 'a frame to be sent was dropped', this.txDrops, io.txDrops);
    const answered = this.advance(LinkCounter.txAccepted);
    if (answered > 0) parts.push(`answered by ${answered} frame${answered === 1 ? '' : 's'}`);
    if (io.held !== this.held) parts.push(`buffers held ${this.held} -> ${io.held}`);
    if (neighbours !== this.neighbours) parts.push(`neighbours ${this.neighbours} -> ${neighbours}`);
    this.held = io.held;
    this.neighbours = neighbours;
    return parts.join('; ');
  }

  private tellCount(parts: string[], text: string, counter: LinkCounter): void {
    const count = this.advance(counter);
    if (count > 0) parts.push(count === 1 ? text : `${text}: ${count}`);
  }

  private advance(counter: LinkCounter): number {
    const count = this.iface.io.counters[counter] - this.counters[counter];
    this.counters[counter] += count;
    return count;
  }
}

function neighboursOf({ link }: NetworkInterface): number {
  return link.arp?.resolver.size ?? 0;
}

function tellDrops(parts: string[], text: string, before: Float64Array, now: Float64Array): void {
  for (let reason = 0; reason < now.length; reason++) {
    const count = now[reason] - before[reason];
    before[reason] = now[reason];
    if (count > 0) parts.push(`${text}: ${DropReason[reason]}${count === 1 ? '' : ` (${count})`}`);
  }
}
