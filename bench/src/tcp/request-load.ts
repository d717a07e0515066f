import type { TcpConnection } from '@lunetta/core';
import { StackPair } from './stack-pair.js';

/** Requests under way at a time. */
export const WINDOW = 64;
export const REQUEST = new Uint8Array(64).fill(0x78);

/** Requests and their answers, a window of them under way, going round some of the connections that are open. */
export class RequestLoad {
  private readonly pair = new StackPair();
  private readonly active: readonly TcpConnection[];
  private readonly answer = new Uint8Array(65_536);
  private done = 0;
  private asked = 0;
  private next = 0;

  /**
   * @param used connections that requests go round
   * @param open connections that there are, a multiple of `used`
   */
  constructor(
    private readonly used: number,
    open: number,
  ) {
    this.pair.open(open);
    const { clients, servers } = this.pair;
    for (const connection of servers) {
      connection.noDelay = true;
      connection.onReadable = () => void connection.write(this.answer.subarray(0, connection.read(this.answer)));
    }
    for (const connection of clients) {
      connection.noDelay = true;
      connection.onReadable = () => {
        connection.consume(connection.readableLength);
        this.done++;
      };
    }
    this.active = clients.filter((_, i) => i % (open / used) === 0);
  }

  /** Has so many requests answered; nanoseconds of each. */
  ask(count: number): number {
    const { pair, active, used } = this;
    const window = Math.min(WINDOW, used);
    const [end, begin] = [this.done + count, process.hrtime.bigint()];
    while (this.done < end) {
      for (; this.asked - this.done < window; this.asked++) {
        active[this.next].write(REQUEST);
        this.next = (this.next + 1) % used;
      }
      pair.turn();
    }
    return Number(process.hrtime.bigint() - begin) / count;
  }
}
