/**
 * F-RTO (RFC 5682): finds out without timestamps whether a timeout was for nothing. The first acknowledgment after it lets
 * two new segments out instead of old ones. If the next one acknowledges what was sent only once, nothing was lost.
 */
export class ForwardRto {
  /** New segments leave, or have left, and the next acknowledgment decides. */
  isTesting = false;
  private from = 0;

  /** The first acknowledgment has come; new text starts at `next`. */
  begin(next: number): void {
    this.isTesting = true;
    this.from = next;
  }

  /** True if nothing could be sent to test with. */
  isVain(next: number): boolean {
    return this.isTesting && this.from === next;
  }

  end(): void {
    this.isTesting = false;
  }
}
