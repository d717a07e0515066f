import { isSynchronized, TimerPurpose, type ControlBlock } from '../control-block.js';
import { RecoveryPhase } from '../recovery/loss-recovery.js';

/** Sets when, and for what, the retransmission timer of a connection is due. */
export function armRetransmission(block: ControlBlock): void {
  if (!isSynchronized(block.tcpState)) return;
  const purpose = purposeOf(block);
  const isRenewed = block.isTimerStale || (block.isProbeStale && purpose === TimerPurpose.PROBE);
  block.isTimerStale = false;
  block.isProbeStale = false;
  if (purpose === block.purpose && !isRenewed) return;
  block.purpose = purpose;
  block.retransmitAtUs = deadlineOf(block, purpose);
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
    recovery.hasSack && recovery.phase === RecoveryPhase.OPEN && sender.window > 0 && recovery.board.sackedBytes === 0;
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
  const earliest = Math.min(block.retransmitAtUs, block.acknowledgeAtUs, block.aliveAtUs);
  if (earliest >= block.armedAtUs) return;
  block.armedAtUs = earliest;
  block.shared.arm(block.timer, earliest);
}

/** Nothing is due any more. */
export function clearDeadlines(block: ControlBlock): void {
  block.purpose = TimerPurpose.NONE;
  block.retransmitAtUs = Infinity;
  block.acknowledgeAtUs = Infinity;
  block.aliveAtUs = Infinity;
}
