import type { Packet } from '../../link/packet.js';
import { FilteredDatagram } from './filtered-datagram.js';

/** What is to become of a datagram. */
export enum Verdict {
  /** It goes on; the next function looks at it. */
  PASS,
  /** It comes to nothing, and nobody is told. */
  DROP,
  /** It comes to nothing, and its sender is told by ICMP that this is forbidden (RFC 1812 section 5.2.7.1). */
  REJECT,
}

/**
 * Judges a datagram, and may change it through the cursor. It must not keep the cursor. One that throws counts as
 * {@link Verdict.DROP}.
 */
export type FilterFunction = (datagram: FilteredDatagram) => Verdict;

/** Where functions can stand: before our sockets, after them, and on the way through us. */
export type FilterHook = 'input' | 'output' | 'forward';

/**
 * The functions that see every datagram. A hook without any is null, and costs one comparison a datagram.
 */
export class PacketFilter {
  input: FilterFunction[] | null = null;
  output: FilterFunction[] | null = null;
  forward: FilterFunction[] | null = null;
  private readonly cursor: FilteredDatagram;

  /**
   * @param nameOf the name of an interface by its number
   * @param raise takes what a function throws
   */
  constructor(
    nameOf: (index: number) => string,
    private readonly raise: (error: unknown) => void,
  ) {
    this.cursor = new FilteredDatagram(nameOf);
  }

  /**
   * Adds a function behind those that are there.
   *
   * @returns takes it out again
   */
  add(hook: FilterHook, filter: FilterFunction): () => void {
    this[hook] = [...(this[hook] ?? []), filter];
    return () => {
      const others = (this[hook] ?? []).filter((other) => other !== filter);
      this[hook] = others.length > 0 ? others : null;
    };
  }

  /** Of a datagram for us, `packet.at` at its payload. */
  judgeInput(packet: Packet): Verdict {
    this.cursor.load(packet, packet.interfaceIndex, -1);
    return this.judge(this.input!);
  }

  /** Of a datagram on its way through us, to leave by interface `outIndex`. */
  judgeForward(packet: Packet, outIndex: number): Verdict {
    this.cursor.load(packet, packet.interfaceIndex, outIndex);
    return this.judge(this.forward!);
  }

  /** Of a datagram of ours, whole, `packet.at` at its payload, to leave by interface `outIndex`. */
  judgeOutput(packet: Packet, outIndex: number): Verdict {
    this.cursor.load(packet, -1, outIndex);
    return this.judge(this.output!);
  }

  private judge(filters: readonly FilterFunction[]): Verdict {
    for (const filter of filters) {
      const verdict = this.call(filter);
      if (verdict !== Verdict.PASS) return verdict;
    }
    return Verdict.PASS;
  }

  private call(filter: FilterFunction): Verdict {
    try {
      return filter(this.cursor);
    } catch (error) {
      this.raise(error);
      return Verdict.DROP;
    }
  }
}
