import { END_OF_STREAM, SeededRandom, type SocketErrorCode, type TcpConnection } from '@lunetta/core';

/** What one side of a connection does and sees. */
export class Application {
  connection: TcpConnection | undefined = undefined;
  /** What it is to write; shorter if it ends earlier. */
  outgoing: Uint8Array;
  written = 0;
  /** Bytes read, each compared with what the other side has written. */
  readLength = 0;
  hasEnded = false;
  hasSeenEnd = false;
  /** It has closed or aborted: what still comes is not its concern. */
  hasLeft = false;
  /** How often it was told that the connection is over, and with which error. */
  readonly closings: (SocketErrorCode | undefined)[] = [];
  private peer: Application | undefined = undefined;

  constructor(
    seed: number,
    length: number,
    private isEager: boolean,
  ) {
    const random = new SeededRandom(seed);
    this.outgoing = Uint8Array.from({ length }, () => random.below(256));
  }

  /** Whose bytes it reads. */
  facing(peer: Application): void {
    this.peer = peer;
  }

  /** The connection is there, established or not. */
  begin(connection: TcpConnection): void {
    if (this.connection !== undefined) throw new Error('a second connection was accepted');
    this.connection = connection;
    connection.setKeepAlive(20_000, 5000, 4); // a peer that has aborted while the wire was cut is noticed
    connection.onClose = (error) => this.closings.push(error);
    if (this.isEager) this.hurry();
  }

  /** From now on it reads and writes all it can, but only when it is told that it can. */
  hurry(): void {
    this.isEager = true;
    const { connection } = this;
    if (connection === undefined || this.hasLeft) return;
    connection.onReadable = () => this.readAll();
    connection.onWritable = () => this.writeAll();
    this.writeAll(); // it may never have been told to wait
  }

  /** Writes at most `most` bytes of what is left, and ends after the last; false if none were taken. */
  write(most: number): boolean {
    const { connection, outgoing } = this;
    if (connection === undefined || this.hasEnded || this.hasLeft) return false;
    const end = Math.min(outgoing.length, this.written + most);
    const taken = end > this.written ? connection.write(outgoing.subarray(0, end), this.written) : 0;
    if (taken > 0) this.written += taken;
    if (this.written === outgoing.length) this.end();
    return taken > 0;
  }

  /** Reads at most `most` bytes; false if none were there. */
  read(most: number): boolean {
    const { connection } = this;
    if (connection === undefined || this.hasLeft) return false;
    const bytes = new Uint8Array(most);
    const count = connection.read(bytes);
    if (count === END_OF_STREAM) this.hasSeenEnd = true;
    else if (this.hasSeenEnd) throw new Error('something comes after the end');
    if (count > 0) this.compare(bytes.subarray(0, count));
    return count > 0;
  }

  private compare(bytes: Uint8Array): void {
    const { outgoing, written } = this.peer!;
    const at = this.readLength;
    if (at + bytes.length > written) throw new Error(`${at + bytes.length} bytes read, ${written} written`);
    if (Buffer.compare(outgoing.subarray(at, at + bytes.length), bytes) !== 0)
      throw new Error(`other bytes from ${at} on`);
    this.readLength += bytes.length;
  }

  private readAll(): void {
    while (this.read(65_536));
  }

  private writeAll(): void {
    while (this.write(this.outgoing.length));
  }

  /** Ends its stream with what it has written so far. */
  end(): void {
    const { connection } = this;
    if (connection === undefined || this.hasEnded || this.hasLeft) return;
    this.outgoing = this.outgoing.subarray(0, this.written);
    connection.end();
    this.hasEnded = true;
  }

  leave(how: 'close' | 'abort'): void {
    const { connection } = this;
    if (connection === undefined || this.hasLeft) return;
    connection[how]();
    this.hasLeft = true;
  }
}
