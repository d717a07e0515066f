/** Keep-alive of a connection that asks for it (RFC 9293 section 3.8.4). Microseconds. */
export class KeepAlive {
  /** Probes that nobody has answered. */
  unanswered = 0;

  /**
   * @param idleUs silence before the first probe
   * @param intervalUs from one probe to the next
   * @param probes that may go unanswered
   * @param heardAtUs when something came last
   */
  constructor(
    readonly idleUs: number,
    readonly intervalUs: number,
    readonly probes: number,
    public heardAtUs: number,
  ) {}

  /** Something has come. */
  heard(nowUs: number): void {
    this.heardAtUs = nowUs;
    this.unanswered = 0;
  }
}
