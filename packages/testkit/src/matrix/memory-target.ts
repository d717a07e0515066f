import { createMemoryCable, type MemoryCableOptions } from '../memory/memory-cable.js';
import { PortFarEnd } from '../conformance/port-far-end.js';
import { VirtualHost } from '../virtual/virtual-host.js';
import { MATRIX_START_US, MatrixStack } from './matrix-stack.js';
import type { MatrixTarget, TimedFrame } from './matrix-target.js';

/** A memory cable in virtual time. What other targets send is compared with what is sent here. */
export function memoryTarget(name = 'memory', options: MemoryCableOptions = {}): MatrixTarget {
  return {
    name,
    clock: 'virtual',
    run: async ({ frames, durationUs }) => {
      const host = new VirtualHost({ startUs: MATRIX_START_US, seed: 1 });
      const cable = createMemoryCable({ scheduler: host.scheduler, poison: true, buffers: 1536, ...options });
      const wire = new CableEnd(host, new PortFarEnd(cable.b));
      const stack = new MatrixStack(host, cable.a);
      for (const [i, { atUs, bytes }] of frames.entries()) {
        if (i === 0 || atUs > frames[i - 1].atUs) wire.advanceTo(atUs);
        wire.send(bytes);
      }
      wire.advanceTo(durationUs);
      await wire.settle(stack.close());
      return wire.received;
    },
  };
}

/** The far end of the cable: notes what comes and when. */
class CableEnd {
  readonly received: TimedFrame[] = [];

  constructor(
    private readonly host: VirtualHost,
    private readonly far: PortFarEnd,
  ) {}

  send(frame: Uint8Array): void {
    if (!this.far.send(frame)) throw new Error('the cable has no room for one more frame');
  }

  /** Lets time pass from timer to timer, so that every frame is seen at its moment. */
  advanceTo(atUs: number): void {
    const { clock, scheduler } = this.host;
    const until = MATRIX_START_US + atUs;
    this.host.settle();
    this.receive();
    while (clock.nowUs() < until) {
      this.host.advance(Math.max(0, Math.min(scheduler.nextTimerAt(), until) - clock.nowUs()));
      this.receive();
    }
  }

  /** Runs the loop until a stack is closed, and ends the cable. */
  async settle(closing: Promise<void>): Promise<void> {
    let isClosed = false;
    const closed = closing.finally(() => (isClosed = true));
    while (!isClosed) {
      this.host.settle();
      await Promise.resolve();
    }
    await closed;
    await this.far.close();
  }

  private receive(): void {
    const atUs = this.host.clock.nowUs() - MATRIX_START_US;
    for (let bytes = this.far.receive(); bytes !== null; bytes = this.far.receive())
      this.received.push({ atUs, bytes });
  }
}
