import { Stack, type LinkPort, type StackHost } from '@lunetta/core';
import { expectConserved } from '../lab/conservation.js';
import { macBytes } from '../packets/addresses.js';

/** The first moment in virtual time: one that a capture can have. */
export const MATRIX_START_US = 1_700_000_000e6;

/**
 * The stack whose behaviour is looked at: 10.0.0.1/24 with the MAC address 02:00:00:00:00:01, and a UDP echo on port 7.
 * The host's randomness is to be a `SeededRandom` of seed 1, so that the stack sends the same bytes everywhere.
 */
export class MatrixStack {
  static readonly IP = '10.0.0.1';
  static readonly MAC = '02:00:00:00:00:01';
  static readonly MTU = 1500;
  private readonly stack: Stack;

  /** @param port the stack closes it */
  constructor(host: StackHost, port: LinkPort) {
    this.stack = new Stack(host);
    this.stack.addInterface(port, {
      name: 'lan',
      addresses: [`${MatrixStack.IP}/24`],
      hardwareAddress: macBytes(MatrixStack.MAC),
      mtu: MatrixStack.MTU,
      mode: 'interrupt',
    });
    const echo = this.stack.udp.open();
    echo.onDatagram = (datagram) => void datagram.reply();
    echo.bind({ port: 7 });
  }

  /**
   * Ends it.
   *
   * @throws Error (rejects) if a frame or a buffer is not accounted for
   */
  async close(): Promise<void> {
    expectConserved(this.stack);
    await this.stack.close();
    const [{ buffers }] = this.stack.counters().interfaces;
    if (buffers.inUse !== 0) throw new Error(`${buffers.inUse} buffers were not given back`);
  }
}
