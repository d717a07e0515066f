/** What an entry of a {@link MacTable} holds. */
interface Entry<Port> {
  port: Port;
  seenUs: number;
}

/**
 * Where the stations of a bridge are (IEEE 802.1Q clause 8.8, the filtering database): addresses that were seen as
 * senders, each with its port, forgotten when they were silent for `ageUs`. When it is full, nothing new is learned until
 * something is forgotten.
 */
export class MacTable<Port> {
  /** Addresses that were not learned because the table was full. */
  refused = 0;
  /** Addresses that were forgotten for their silence. */
  aged = 0;
  /** Addresses that came to another port. */
  moved = 0;
  /** By address, as a number; the one that is silent longest comes first. */
  private readonly entries = new Map<number, Entry<Port>>();

  constructor(
    private readonly ageUs: number,
    private readonly limit: number,
  ) {}

  /** Number of addresses known. */
  size(nowUs: number): number {
    this.forget(nowUs);
    return this.entries.size;
  }

  /** An address was seen as a sender at a port. */
  learn(address: number, port: Port, nowUs: number): void {
    this.forget(nowUs);
    const entry = this.entries.get(address);
    if (entry === undefined) {
      if (this.entries.size < this.limit) this.entries.set(address, { port, seenUs: nowUs });
      else this.refused++;
      return;
    }
    if (entry.port !== port) this.moved++;
    entry.port = port;
    entry.seenUs = nowUs;
    this.entries.delete(address);
    this.entries.set(address, entry);
  }

  /** The port of an address; undefined if it is not known. */
  find(address: number, nowUs: number): Port | undefined {
    this.forget(nowUs);
    return this.entries.get(address)?.port;
  }

  /** Forgets the addresses of a port. */
  removePort(port: Port): void {
    for (const [address, entry] of this.entries) if (entry.port === port) this.entries.delete(address);
  }

  /** Forgets all that is known. */
  clear(): void {
    this.entries.clear();
  }

  private forget(nowUs: number): void {
    for (const [address, { seenUs }] of this.entries) {
      if (nowUs - seenUs < this.ageUs) return;
      this.entries.delete(address);
      this.aged++;
    }
  }
}
