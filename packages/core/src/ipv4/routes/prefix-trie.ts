/** Bits of the address that a node looks at. */
const STRIDE = 4;
const FAN_OUT = 1 << STRIDE;
const INITIAL_NODES = 16;
/** No value, no child. */
const NONE = 0;
/** The node of the first four bits. */
const ROOT = 0;

/** Says what stands for a prefix: its value, or 0. */
export type ValueOf = (prefix: number, prefixLength: number) => number;

/**
 * Longest-prefix look-up in at most eight steps, whatever the number of prefixes: a trie over typed arrays that looks at
 * four bits of the address a node (controlled prefix expansion, Srinivasan and Varghese, 1999). A prefix stands in up
 * to eight entries of one node.
 */
export class PrefixTrie {
  /** Per entry: the value of the longest prefix of this level that holds it, and that prefix's length. */
  private values = new Int32Array(INITIAL_NODES * FAN_OUT);
  private lengths = new Uint8Array(INITIAL_NODES * FAN_OUT);
  /** Per entry: the node for the next four bits. */
  private children = new Int32Array(INITIAL_NODES * FAN_OUT);
  private readonly unused: number[] = [];
  private nodes = 1;
  /** Of the prefix of length 0. */
  private rootValue = NONE;

  /** The value of the longest prefix that holds `address`; 0 if there is none. */
  find(address: number): number {
    const { values, children } = this;
    let found = this.rootValue;
    let node = ROOT;
    for (let shift = 32 - STRIDE; ; shift -= STRIDE) {
      const entry = node * FAN_OUT + ((address >>> shift) & (FAN_OUT - 1));
      const value = values[entry];
      if (value !== NONE) found = value;
      node = children[entry];
      if (node === NONE) return found;
    }
  }

  /** Sets the value (more than 0) of a prefix. */
  set(prefix: number, prefixLength: number, value: number): void {
    if (prefixLength === 0) {
      this.rootValue = value;
      return;
    }
    const level = levelOf(prefixLength);
    let node = ROOT;
    for (let i = 0; i < level; i++) node = this.childOf(node, prefix, i);
    const [first, end] = entriesOf(node, prefix, prefixLength);
    for (let entry = first; entry < end; entry++) {
      if (this.values[entry] !== NONE && this.lengths[entry] > prefixLength) continue;
      this.values[entry] = value;
      this.lengths[entry] = prefixLength;
    }
  }

  /** Takes a prefix out. @param valueOf what stands for a shorter one, which takes its entries */
  delete(prefix: number, prefixLength: number, valueOf: ValueOf): void {
    if (prefixLength === 0) {
      this.rootValue = NONE;
      return;
    }
    const level = levelOf(prefixLength);
    const path = [ROOT];
    for (let i = 0; i < level; i++) path.push(this.children[entryOf(path[i], prefix, i)]);
    // Of the same level only: shorter ones stand in other nodes, which the look-up has passed.
    let length = prefixLength - 1;
    while (length > level * STRIDE && valueOf(prefix, length) === NONE) length--;
    const covering = length > level * STRIDE ? valueOf(prefix, length) : NONE;
    const [first, end] = entriesOf(path[level], prefix, prefixLength);
    for (let entry = first; entry < end; entry++) {
      if (this.lengths[entry] !== prefixLength) continue;
      this.values[entry] = covering;
      this.lengths[entry] = covering === NONE ? 0 : length;
    }
    for (let i = level; i > 0 && this.isEmpty(path[i]); i--) {
      this.children[entryOf(path[i - 1], prefix, i - 1)] = NONE;
      this.unused.push(path[i]);
    }
  }

  private childOf(node: number, prefix: number, level: number): number {
    const entry = entryOf(node, prefix, level);
    const known = this.children[entry];
    if (known !== NONE) return known;
    const made = this.unused.pop() ?? this.newNode(); // which may move the arrays
    this.children[entry] = made;
    return made;
  }

  private newNode(): number {
    if ((this.nodes + 1) * FAN_OUT > this.values.length) {
      this.values = grown(this.values, new Int32Array(2 * this.values.length));
      this.children = grown(this.children, new Int32Array(2 * this.children.length));
      this.lengths = grown(this.lengths, new Uint8Array(2 * this.lengths.length));
    }
    return this.nodes++;
  }

  private isEmpty(node: number): boolean {
    for (let entry = node * FAN_OUT; entry < (node + 1) * FAN_OUT; entry++) {
      if (this.values[entry] !== NONE || this.children[entry] !== NONE) return false;
    }
    return true;
  }
}

/** The level of the node in which a prefix stands. */
function levelOf(prefixLength: number): number {
  return Math.floor((prefixLength - 1) / STRIDE);
}

/** The entry of a node of `level` that holds `address`. */
function entryOf(node: number, address: number, level: number): number {
  return node * FAN_OUT + ((address >>> (32 - STRIDE * (level + 1))) & (FAN_OUT - 1));
}

/** First entry of a prefix, and the one after its last. */
function entriesOf(node: number, prefix: number, prefixLength: number): readonly [first: number, end: number] {
  const level = levelOf(prefixLength);
  const count = 1 << (STRIDE * (level + 1) - prefixLength);
  const first = entryOf(node, prefix, level) & ~(count - 1);
  return [first, first + count];
}

function grown<Numbers extends Int32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
