/** What the packets of a script are relative to: addresses, ports, and the initial numbers of each side. */
export class Flow {
  /** Initial sequence number of the peer: near the end of the numbers, so that every longer script wraps. */
  remoteIsn = -1000;
  /** Of the stack; learnt from its first SYN. */
  localIsn: number | undefined = undefined;
  /** What is added to the stack's time stamps: learnt from its first one, which the script calls by its own value. */
  localTsBase: number | undefined = undefined;

  constructor(
    readonly localIp: string,
    readonly remoteIp: string,
    public localPort: number,
    public remotePort: number,
  ) {}

  /** True if sequence numbers of the stack can be told. */
  get isLocalKnown(): boolean {
    return this.localIsn !== undefined;
  }
}
