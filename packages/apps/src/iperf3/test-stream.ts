import type { TcpConnection } from 'lunetta';
import type { StreamResult } from './protocol.js';

/** One connection of a test that carries data: it sends, or counts and throws away. */
export class TestStream {
  private received = 0;
  private sent = 0;
  private isSending = false;

  constructor(
    private readonly connection: TcpConnection,
    private readonly id: number,
    private readonly isSender: boolean,
  ) {
    connection.onReadable = () => this.take();
    this.take();
  }

  private take(): void {
    const { readableLength } = this.connection;
    this.received += readableLength;
    this.connection.consume(readableLength);
    if (this.connection.isReadEnded) this.connection.end();
  }

  /** Begins to send `block`, over and over, if that is our part. */
  start(block: Uint8Array): void {
    if (!this.isSender) return;
    this.isSending = true;
    let at = 0;
    const push = (): void => {
      while (this.isSending) {
        const taken = this.connection.write(block, at);
        if (taken <= 0) return;
        this.sent += taken;
        at = (at + taken) % block.length;
      }
    };
    this.connection.onWritable = push;
    push();
  }

  /**
   * The test is over: what was written is the last. An iperf3 that receives waits for whole blocks, deaf to its control
   * connection, so only the end of the stream frees it from the last one.
   */
  stop(): void {
    this.isSending = false;
    if (this.isSender) this.connection.end();
  }

  close(): void {
    this.isSending = false;
    this.connection.close();
  }

  result(seconds: number): StreamResult {
    const { segmentsResent } = this.connection.statistics();
    return { id: this.id, bytes: this.isSender ? this.sent : this.received, retransmits: segmentsResent, seconds };
  }
}
