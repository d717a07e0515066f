import type { TcpConnection } from 'lunetta';

/** Reads pieces of known length from a connection; what was not asked for stays in it. */
export class ByteReader {
  private wanted = 0;
  private taken = 0;
  private bytes = new Uint8Array(0);
  private done: ((bytes: Uint8Array) => void) | undefined = undefined;

  /** @param onEnd called when the peer ends before a piece is whole */
  constructor(
    private readonly connection: TcpConnection,
    private readonly onEnd: () => void,
  ) {
    connection.onReadable = () => this.pump();
  }

  /** Calls `done` with the next `length` bytes, once they are there. */
  next(length: number, done: (bytes: Uint8Array) => void): void {
    this.bytes = new Uint8Array(length);
    this.wanted = length;
    this.taken = 0;
    this.done = done;
    this.pump();
  }

  private pump(): void {
    while (this.done !== undefined) {
      const count = this.connection.read(this.bytes.subarray(this.taken, this.wanted));
      if (count < 0) return this.onEnd();
      this.taken += count;
      if (this.taken < this.wanted) return;
      const { done } = this;
      this.done = undefined;
      done(this.bytes);
    }
  }
}
