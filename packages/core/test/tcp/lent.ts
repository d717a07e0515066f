import type { TcpConnection } from '@lunetta/core';
import { Deadlines } from '../../src/tcp/deadlines.js';
import { LossRecovery } from '../../src/tcp/recovery/loss-recovery.js';

type Kind = 'recovery' | 'deadlines' | 'rings';

/** True if the connection has anything of these kinds that is lent; of any, if none is named. */
export function isAnythingLent(connection: TcpConnection, ...kinds: readonly Kind[]): boolean {
  const { sender, receiver, deadlines, shared } = connection;
  const { lending, memory } = shared;
  const lent: Record<Kind, boolean> = {
    recovery: sender.recovery !== lending.restingRecovery,
    deadlines: deadlines !== lending.noDeadlines,
    rings: sender.ring !== memory.emptyRing || receiver.ring !== memory.emptyRing,
  };
  return (Object.keys(lent) as Kind[]).some((kind) => lent[kind] && (kinds.length === 0 || kinds.includes(kind)));
}

/** True if what all connections at rest share, and nobody may write to, is not as it was made. */
export function isRestChanged({ shared }: TcpConnection): boolean {
  const { lending, memory } = shared;
  const { emptyRing } = memory;
  const made = [new LossRecovery(), new Deadlines(() => undefined)].map((each) => JSON.stringify(each));
  const now = [lending.restingRecovery, lending.noDeadlines].map((each) => JSON.stringify(each));
  return made.some((text, i) => text !== now[i]) || emptyRing.length > 0 || emptyRing.capacity > 0;
}
