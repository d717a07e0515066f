import { afterEach, beforeEach, jest } from '@jest/globals';
import { LunettaProcess } from './lunetta-process.js';
import { EchoNetns } from './echo-netns.js';
import { STACK, type KernelLink } from './kernel-link.js';
import { RawPeer } from './raw-peer.js';

// Each test starts processes, which on a busy machine takes its time.
jest.setTimeout(60_000);

/** A namespace for each test, and processes in it that end with the test. */
export class NamespaceFixture {
  netns!: EchoNetns;
  private cleanUps: (() => Promise<void>)[] = [];

  constructor() {
    beforeEach(() => {
      this.netns = new EchoNetns();
    });
    afterEach(async () => {
      try {
        for (const cleanUp of this.cleanUps.splice(0)) await cleanUp();
      } finally {
        this.netns.remove();
      }
    });
  }

  /** Starts `lunetta ...args`. */
  lunetta(args: readonly string[], options?: ConstructorParameters<typeof LunettaProcess>[2]): LunettaProcess {
    const running = new LunettaProcess(this.netns, args, options);
    this.cleanUps.push(() => running.kill());
    return running;
  }

  /** Starts `lunetta ...args` on this link, waits until it says this, and joins the kernel to the link. */
  async lunettaOn(
    link: KernelLink,
    args: readonly string[],
    said: RegExp,
    options?: ConstructorParameters<typeof LunettaProcess>[2],
  ): Promise<LunettaProcess> {
    link.prepare?.(this.netns);
    const device = ['--driver', link.driver, '--device', link.device, '--address', `${STACK}/24`];
    const running = this.lunetta([...args, ...device], options);
    await running.output(said);
    link.connect?.(this.netns);
    return running;
  }

  /** Starts `lunetta services ...args` and waits until it is ready. */
  async services(...args: string[]): Promise<LunettaProcess> {
    const running = this.lunetta(['services', ...args]);
    await running.output(/^ready .*\n/m);
    return running;
  }

  async rawPeer(): Promise<RawPeer> {
    const peer = await RawPeer.open(this.netns);
    this.cleanUps.push(() => peer.close());
    return peer;
  }
}
