/** What each entry is charged beside its bytes, so that small ones are bounded too. */
const CHARGE_EACH = 256;

/** What waits for `receive()`, up to a number of bytes. */
export class BoundedQueue<Entry extends { readonly bytes: Uint8Array }> {
  private readonly entries: Entry[] = [];
  private charged = 0;

  constructor(private readonly limit: number) {}

  /** True if one of `length` bytes fits. */
  hasRoom(length: number): boolean {
    return this.charged + length + CHARGE_EACH <= this.limit;
  }

  /** Adds an entry that fits. */
  push(entry: Entry): void {
    this.charged += entry.bytes.length + CHARGE_EACH;
    this.entries.push(entry);
  }

  /** The oldest entry, taken out. */
  shift(): Entry | undefined {
    const entry = this.entries.shift();
    if (entry !== undefined) this.charged -= entry.bytes.length + CHARGE_EACH;
    return entry;
  }
}
