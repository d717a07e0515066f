import { DropReason, interfaceCounters, Stack, type InterfaceCounters, type NetworkInterface } from '@lunetta/core';
import { EXPECTED_COLOR, pluralize, RECEIVED_COLOR } from 'jest-matcher-utils';
import { accountFaults } from '../lab/conservation.js';
import { StackLab } from '../lab/stack-lab.js';
import { mustBe, verdict, type Verdict } from './verdict.js';

/** A drop of frames that has happened. */
interface Drop {
  readonly reason: string;
  readonly count: number;
  readonly where: string;
}

/**
 * `expect(stack).toHaveDropped('udp.noPort', 1)`: so many frames for this reason, received or to be sent, on all
 * interfaces; without a count at least one, without a reason any.
 */
export function toHaveDropped(received: unknown, reason?: unknown, count?: unknown): Verdict {
  const interfaces = accountsOf('toHaveDropped', received);
  mustBe('toHaveDropped', reason === undefined || isReason(reason), 'the reason', 'a name of DropReason', reason);
  const isCount = count === undefined || (typeof count === 'number' && Number.isInteger(count) && count >= 0);
  mustBe('toHaveDropped', isCount, 'the count', 'a whole number', count);
  const drops = interfaces.flatMap(dropsOf);
  const seen = sum(drops.filter((drop) => reason === undefined || drop.reason === reason));
  const pass = count === undefined ? seen > 0 : seen === count;
  return verdict('toHaveDropped', 'stack', reason === undefined ? '' : 'reason, count', pass, () => {
    const what = `${count === undefined ? 'at least 1' : String(count)} ${(reason as string | undefined) ?? 'of any reason'}`;
    return `expected drops: ${EXPECTED_COLOR(what)}\nreceived:       ${RECEIVED_COLOR(String(seen))}\n\n${list(drops)}`;
  });
}

/** `expect(stack).toBeConserved()`: every frame and every buffer is accounted for. */
export function toBeConserved(received: unknown): Verdict {
  const faults = accountsOf('toBeConserved', received).flatMap(accountFaults);
  return verdict('toBeConserved', 'stack', '', faults.length === 0, () => {
    return faults.length === 0 ? 'the accounts add up' : `the accounts do not add up:\n  ${faults.join('\n  ')}`;
  });
}

/** The accounts of a stack, of the stack of a lab, or of one interface. */
function accountsOf(name: string, received: unknown): readonly InterfaceCounters[] {
  const stack = received instanceof StackLab ? received.stack : received;
  if (stack instanceof Stack) return stack.counters().interfaces;
  mustBe(name, isInterface(received), 'received', 'a Stack, one of its interfaces or a StackLab', received);
  return [interfaceCounters(received)];
}

function isInterface(value: unknown): value is NetworkInterface {
  return typeof value === 'object' && value !== null && 'io' in value && 'port' in value;
}

function isReason(reason: unknown): boolean {
  return typeof reason === 'string' && typeof DropReason[reason as keyof typeof DropReason] === 'number';
}

function dropsOf({ name, rx, tx }: InterfaceCounters): Drop[] {
  const of = (dropped: Readonly<Record<string, number>>, direction: string): Drop[] => {
    return Object.entries(dropped).map(([reason, count]) => ({ reason, count, where: `${name}, ${direction}` }));
  };
  return [...of(rx.dropped, 'received'), ...of(tx.dropped, 'to be sent')];
}

function sum(drops: readonly Drop[]): number {
  return drops.reduce((total, { count }) => total + count, 0);
}

function list(drops: readonly Drop[]): string {
  if (drops.length === 0) return 'nothing was dropped';
  const lines = drops.map(({ reason, count, where }) => `  ${reason}: ${count} (${where})`);
  return [`dropped in all: ${pluralize('frame', sum(drops))}`, ...lines].join('\n');
}
