import type { InterfaceCounters, MadeStack } from '@lunetta/core';

/** What is wrong with the accounts of a stack; empty if every frame and every buffer is accounted for. */
export function conservationFaults(stack: Pick<MadeStack, 'counters'>): string[] {
  return stack.counters().interfaces.flatMap(accountFaults);
}

/** As {@link conservationFaults}, of one interface. */
export function accountFaults(counters: InterfaceCounters): string[] {
  return [...receivedFaults(counters), ...sentFaults(counters), ...bufferFaults(counters)];
}

/**
 * Holds a stack to the laws of conservation: received = delivered + consumed + forwarded + dropped by reason; accepted for sending
 * = sent + dropped by reason + queued + waiting; every buffer is in the pool, with the device or with the stack; and
 * the stack asked nothing of the driver that it had to refuse.
 *
 * @throws Error naming each law that is broken, with its numbers
 */
export function expectConserved(stack: Pick<MadeStack, 'counters'>): void {
  const faults = conservationFaults(stack);
  if (faults.length > 0) throw new Error(`the accounts of the stack do not add up:\n  ${faults.join('\n  ')}`);
}

function receivedFaults({ name, rx }: InterfaceCounters): string[] {
  const fates = rx.delivered + rx.consumed + rx.forwarded + sum(rx.dropped);
  if (rx.frames === fates) return [];
  return [
    `${name}: received ${rx.frames}, but delivered ${rx.delivered} + consumed ${rx.consumed} + ` +
      `forwarded ${rx.forwarded} + dropped ${sum(rx.dropped)} = ${fates}`,
  ];
}

function sentFaults({ name, tx }: InterfaceCounters): string[] {
  const fates = tx.sent + sum(tx.dropped) + tx.queued + tx.pending;
  if (tx.accepted === fates) return [];
  return [
    `${name}: accepted for sending ${tx.accepted}, but sent ${tx.sent} + dropped ${sum(tx.dropped)} + ` +
      `queued ${tx.queued} + pending ${tx.pending} = ${fates}`,
  ];
}

function bufferFaults({ name, buffers, link }: InterfaceCounters): string[] {
  const { size, available, inUse, device } = buffers;
  const faults: string[] = [];
  if (size !== available + inUse + device) {
    faults.push(`${name}: ${size} buffers, but available ${available} + in use ${inUse} + with the device ${device}`);
  }
  if (sum(link.refused) > 0) faults.push(`${name}: the driver refused ${JSON.stringify(link.refused)}`);
  return faults;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
