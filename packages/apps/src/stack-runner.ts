import { inject, injectable } from 'inversify';
import { createStack, type CreateStackOptions, type LunettaStack, type NetworkInterface } from 'lunetta';
import { keepAlive } from './keep-alive.js';
import { Output } from './output.js';
import { configOf, inFlagNames, type StackFlags } from './stack-flags.js';

const END_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How a run is to end, set by the first of the events that end it. */
export type RunEnd = { readonly signal: string } | { readonly gone: NetworkInterface };

/** Opens a stack for a command, closes it at the end whatever happens, and checks that every buffer came back. */
@injectable()
export class StackRunner {
  constructor(@inject(Output) private readonly output: Output) {}

  /**
   * Runs `task` on a stack of its own.
   *
   * @param task gets the stack and the promise of a signal to end or of a lost device; its result is the exit code
   * @returns the exit code: the task's, or 1 if a device was lost or a buffer was not given back
   */
  async run(
    flags: StackFlags,
    task: (stack: LunettaStack, end: Promise<RunEnd>) => Promise<number>,
    options: Pick<CreateStackOptions, 'wrapPort'> = {},
  ): Promise<number> {
    const { config, source, from } = configOf(flags);
    const stack = await createStack(config, { source, from, ...options }).catch((error: unknown) => {
      throw inFlagNames(error);
    });
    let exitCode: number;
    try {
      exitCode = await keepAlive(task(stack, this.endOf(stack)));
    } finally {
      await stack.close();
    }
    return this.isClean(stack) ? exitCode : 1;
  }

  /** Waits for the end and says what is to be said of it; the exit code. */
  async untilEnd(end: Promise<RunEnd>): Promise<number> {
    const reason = await end;
    if ('signal' in reason) return 0;
    this.output.problem(goneText(reason.gone));
    return 1;
  }

  private endOf(stack: LunettaStack): Promise<RunEnd> {
    return new Promise((resolve) => {
      for (const signal of END_SIGNALS) process.once(signal, () => resolve({ signal }));
      stack.on('link', (iface, event) => {
        if (event === 'gone') resolve({ gone: iface });
      });
      stack.on('conflict', ({ interface: iface, address, hardwareAddress, isKept }) => {
        const what = isKept ? 'uses our address' : 'has the address';
        const then = isKept ? 'too' : 'already: it is not used before that station is gone';
        this.output.problem(`interface ${iface.name}: ${hardwareAddress} ${what} ${address} ${then}`);
      });
      const gone = stack.interfaces.find(({ port }) => port.linkState === 'gone');
      if (gone !== undefined) resolve({ gone });
    });
  }

  private isClean(stack: LunettaStack): boolean {
    let isClean = true;
    for (const { name, io } of stack.interfaces) {
      const { inUse, device } = io.queue.audit();
      if (inUse + device === 0) continue;
      isClean = false;
      this.output.problem(`interface ${name}: ${inUse + device} frame buffers were not given back; please report this`);
    }
    return isClean;
  }
}

function goneText({ name, port }: NetworkInterface): string {
  if (port.failure !== undefined) return `interface ${name}: ${port.failure.message}`;
  if (port.driver === 'pcap') return `interface ${name}: the capture ${port.device} has ended`;
  return `interface ${name}: its device ${port.device} was removed. Make it again and start anew`;
}
