import { Netns } from '@lunetta/testkit/jest';

/** A namespace with a client of the UDP services in it. */
export class EchoNetns extends Netns {
  /** Sends datagrams through the kernel, each after the answer to the one before: what came back, a line for each. */
  echo(address: string, port: number, ...sizes: number[]): string {
    return this.exchange(address, port, 10, sizes);
  }

  /** The same towards somebody who does not answer. */
  discard(address: string, port: number, ...sizes: number[]): string {
    return this.exchange(address, port, 0.2, sizes);
  }

  private exchange(address: string, port: number, waitSeconds: number, sizes: readonly number[]): string {
    const numbers = [port, waitSeconds, ...sizes].map(String);
    return this.exec('python3', `${import.meta.dirname}/udp-client.py`, address, ...numbers);
  }
}
