import { isSynchronized, type ControlBlock } from './control-block.js';
import { TimerPurpose, type Deadlines } from './deadlines.js';
import { RecoveryPhase } from './recovery/loss-recovery.js';

/** The deadlines of a connection on which something is to be due; from now on they are its own. */
export function deadlinesOf(block: ControlBlock): Deadlines<ControlBlock> {
  const { lending } = block.shared;
  if (block.deadlines === lending.noDeadlines) {
    block.deadlines = lending.lendDeadlines();
    block.deadlines.lend(block);
  }
  return block.deadlines;
}

/** Nothing is due on the connection any more, and its timer is free. */
export function giveBackDeadlines(block: ControlBlock): void {
  const { shared, deadlines } = block;
  const { lending } = shared;
  if (deadlines === lending.noDeadlines) return;
  shared.cancel(deadlines.timer);
  block.deadlines = lending.noDeadlines;
  lending.takeBackDeadlines(deadlines);
}

/** Sets when, and for what, the retransmission timer of a connection is due. */
export function armRetransmission(block: ControlBlock): void {
  if (!isSynchronized(block.tcpState)) return;
  const purpose = purposeOf(block);
  const { deadlines } = block;
  const isRenewed = deadlines.isStale || (deadlines.isProbeStale && purpose === TimerPurpose.PROBE);
  deadlines.isStale = false;
  deadlines.isProbeStale = false;
  if (purpose === deadlines.purpose && !isRenewed) return;
  const own = deadlinesOf(block);
  own.purpose = purpose;
  own.retransmitAtUs = deadlineOf(block, purpose);
}

function purposeOf(block: ControlBlock): TimerPurpose {
  const { sender } = block;
  const { recovery } = sender;
  if (sender.isIdle) {
    const hasMore = sender.unsent > 0 || (sender.isEnded && !sender.isFinSent);
    return hasMore && !block.isAwaitingRoom ? TimerPurpose.PERSIST : TimerPurpose.NONE;
  }
  if (recovery.reorderingWaitUs > 0) return TimerPurpose.REORDERING;
  const mayProbe =
    sender.hasSack && recovery.phase === RecoveryPhase.OPEN && sender.window > 0 && recovery.board.sackedBytes === 0;
  if (mayProbe && recovery.probe.timeoutUs(true) > 0) return TimerPurpose.PROBE;
  return TimerPurpose.RETRANSMIT;
}

function deadlineOf({ sender, shared }: ControlBlock, purpose: TimerPurpose): number {
  const { rtt, recovery, mss } = sender;
  switch (purpose) {
    case TimerPurpose.NONE:
      return Infinity;
    case TimerPurpose.REORDERING:
      return shared.nowUs + recovery.reorderingWaitUs;
    case TimerPurpose.PROBE:
      return shared.nowUs + Math.min(recovery.probe.timeoutUs(recovery.board.isSingle(mss)), rtt.timeoutUs);
    case TimerPurpose.RETRANSMIT:
    case TimerPurpose.PERSIST:
      return shared.nowUs + rtt.timeoutUs;
  }
}

/** Moves the connection's timer to the earliest of its deadlines. One that is armed too early looks again when it is due. */
export function schedule(block: ControlBlock): void {
  const { deadlines } = block;
  const { retransmitAtUs, acknowledgeAtUs, aliveAtUs, sendAtUs, armedAtUs } = deadlines;
  const earliest = Math.min(retransmitAtUs, acknowledgeAtUs, aliveAtUs, sendAtUs);
  if (earliest < armedAtUs) {
    deadlines.armedAtUs = earliest;
    block.shared.arm(deadlines.timer, earliest);
  } else if (armedAtUs === Infinity && deadlines.purpose === TimerPurpose.NONE) {
    giveBackDeadlines(block);
    rest(block);
  }
}

/** A connection with nothing to do for the moment gives back what was lent to it. */
export function rest({ sender, receiver }: ControlBlock): void {
  sender.rest();
  receiver.rest();
}
