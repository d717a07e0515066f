import type { MadeStack } from '@lunetta/core';
import { conservationFaults } from '../lab/conservation.js';
import { keep } from './kept-things.js';

/** Has a stack closed and its accounts checked after the test. */
export function keepStack(stack: MadeStack): void {
  keep({
    role: 'stack',
    close: () => stack.close(),
    faults: () => [...conservationFaults(stack), ...leftBuffers(stack)],
  });
}

/** Buffers that a closed stack has not given back, such as those of datagrams that the test retains. */
function leftBuffers(stack: MadeStack): string[] {
  return stack.counters().interfaces.flatMap(({ name, buffers: { inUse, device } }) => {
    const faults: string[] = [];
    if (inUse !== 0) faults.push(`${name}: ${inUse} buffers were not given back: is a retained datagram not released?`);
    if (device !== 0) faults.push(`${name}: ${device} buffers stayed with the device after close`);
    return faults;
  });
}
