import type { NetworkLayer } from '../network/network-layer.js';
import { fail, finish } from './closing.js';
import { isSynchronized, type ControlBlock } from './control-block.js';
import { TimerPurpose } from './deadlines.js';
import { giveBackDeadlines, rest, schedule } from './schedule.js';
import type { Handshake } from './handshake.js';
import { BlackHoles } from './send/black-holes.js';
import type { Transmission } from './send/transmission.js';
import { TcpCounter } from './tcp-counters.js';
import { TcpState } from './tcp-state.js';

/** Times that something is sent again without an answer before the way there is doubted: R1 (RFC 9293 section 3.8.3). */
const DOUBTFUL_AFTER = 3;

/** What a connection does when its time has come. */
export class ConnectionTimers {
  private readonly blackHoles: BlackHoles;

  constructor(
    private readonly network: NetworkLayer,
    private readonly transmission: Transmission,
    private readonly handshake: Handshake,
  ) {
    this.blackHoles = new BlackHoles(network);
  }

  /** The connection's timer has expired: whichever of its deadlines has passed. */
  expire(block: ControlBlock): void {
    const { nowUs } = block.shared;
    const { deadlines } = block;
    deadlines.armedAtUs = Infinity;
    if (block.tcpState === TcpState.CLOSED || block.tcpState === TcpState.TIME_WAIT) return giveBackDeadlines(block);
    if (deadlines.acknowledgeAtUs <= nowUs) {
      deadlines.acknowledgeAtUs = Infinity;
      block.receiver.isAckDue = true;
      block.shared.touch(block);
    }
    if (deadlines.sendAtUs <= nowUs) {
      deadlines.sendAtUs = Infinity;
      block.shared.touch(block);
    }
    if (deadlines.aliveAtUs <= nowUs) this.checkAlive(block);
    if (block.deadlines.retransmitAtUs <= nowUs) this.retransmit(block);
    rest(block);
    schedule(block);
  }

  private retransmit(block: ControlBlock): void {
    const { deadlines, sender, shared } = block;
    deadlines.retransmitAtUs = Infinity;
    if (deadlines.isStale) return; // an acknowledgment that came in this very burst starts it anew
    if (!isSynchronized(block.tcpState)) {
      this.handshake.timedOut(block);
      if (sender.rtt.backoffs === DOUBTFUL_AFTER) this.doubt(block);
      return;
    }
    deadlines.isStale = true;
    shared.touch(block);
    switch (deadlines.purpose) {
      case TimerPurpose.REORDERING:
        return sender.recovery.reorderingTimedOut(sender.next, shared.nowUs);
      case TimerPurpose.PROBE:
        return this.probe(block);
      case TimerPurpose.PERSIST:
        return this.persist(block);
      case TimerPurpose.RETRANSMIT:
        return this.timedOut(block);
      case TimerPurpose.NONE:
    }
  }

  /** RFC 6298 section 5.4 to 5.6; with a closed window the segment is a probe (RFC 9293 section 3.8.6.1). */
  private timedOut(block: ControlBlock): void {
    const { sender, shared } = block;
    if (!this.isBearable(block)) return;
    shared.counters[TcpCounter.timeouts]++;
    sender.rtt.backOff();
    if (sender.window === 0) {
      this.probeWindow(block);
      return;
    }
    sender.recovery.timedOut(sender.next, shared.nowUs);
  }

  /** False, and the connection ends, if the peer has been silent for too long (R2 of RFC 9293 section 3.8.3). */
  private isBearable(block: ControlBlock): boolean {
    const { sender, shared, deadlines } = block;
    if (deadlines.silentSinceUs === Infinity) {
      deadlines.silentSinceUs = shared.nowUs - sender.rtt.timeoutUs;
      deadlines.unanswered = 0;
    }
    if (shared.nowUs - deadlines.silentSinceUs >= block.userTimeoutUs) {
      this.giveUp(block);
      return false;
    }
    const unanswered = ++deadlines.unanswered;
    if (unanswered === DOUBTFUL_AFTER) this.doubt(block);
    if (unanswered >= DOUBTFUL_AFTER && (unanswered & 1) === 1) this.blackHoles.suspect(block);
    return true;
  }

  /** R1: the next hop is to prove that it is there, and the application is told (RFC 9293 section 3.8.3, MUST-20). */
  private doubt(block: ControlBlock): void {
    this.network.doubt(block.path);
    if (block.softError === undefined) block.soften('ETIMEDOUT'); // what the network has said tells more
  }

  private giveUp(block: ControlBlock): void {
    block.shared.counters[TcpCounter.timedOut]++;
    this.transmission.reset(block);
    fail(block, block.softError ?? 'ETIMEDOUT');
  }

  /** A tail loss probe: new text if there is any, else the last segment again (RFC 8985 section 7.3). */
  private probe(block: ControlBlock): void {
    const { sender, shared } = block;
    const { recovery } = sender;
    if (!this.mayEmit(block)) return;
    shared.counters[TcpCounter.tailLossProbes]++;
    const length = Math.min(sender.unsent, sender.mss, sender.usableWindow);
    const isNew = length > 0;
    if (isNew) this.transmission.sendNew(block, length, false);
    else this.transmission.resend(block, recovery.board.cutLast(sender.mss));
    recovery.probe.sent(sender.next, !isNew);
  }

  /** Text has waited for a larger window: what fits now leaves, or else a byte asks. */
  private persist(block: ControlBlock): void {
    const { sender, deadlines } = block;
    if (sender.usableWindow > 0) {
      deadlines.isOverridden = true;
      return;
    }
    if (!this.isBearable(block)) return;
    sender.rtt.backOff();
    this.probeWindow(block);
  }

  /** One byte beyond the window, so that the peer says how large it is (RFC 9293 section 3.8.6.1). */
  private probeWindow(block: ControlBlock): void {
    const { sender, shared } = block;
    const { segments } = sender.recovery.board;
    if (!this.mayEmit(block)) return;
    shared.counters[TcpCounter.windowProbes]++;
    if (segments.count > 0) {
      if (segments.length(0) > 1) segments.split(0, (segments.start(0) + 1) | 0);
      this.transmission.resend(block, 0);
    } else if (sender.unsent > 0) {
      this.transmission.sendNew(block, 1, false);
    } else {
      this.transmission.sendNew(block, 0, true);
    }
  }

  private mayEmit(block: ControlBlock): boolean {
    return this.transmission.isReady(block) && block.path.link!.io.hasRoom;
  }

  /** Keep-alive (RFC 9293 section 3.8.4), and the end of a connection whose peer does not end. */
  private checkAlive(block: ControlBlock): void {
    const { sender, shared, deadlines, keepAlive } = block;
    deadlines.aliveAtUs = Infinity;
    if (block.tcpState === TcpState.FIN_WAIT_2 && block.isDetached) return finish(block);
    if (keepAlive === undefined) return;
    const { idleUs, intervalUs, heardAtUs } = keepAlive;
    const silentUs = shared.nowUs - heardAtUs;
    if (silentUs < idleUs) {
      deadlines.aliveAtUs = heardAtUs + idleUs;
      return;
    }
    deadlines.aliveAtUs = shared.nowUs + intervalUs;
    if (!sender.isIdle) return;
    if (keepAlive.unanswered >= keepAlive.probes) return this.giveUp(block);
    if (!this.mayEmit(block)) {
      deadlines.aliveAtUs = shared.nowUs + intervalUs * spreadOf(block);
      return;
    }
    keepAlive.unanswered++;
    shared.counters[TcpCounter.keepAlives]++;
    this.transmission.acknowledge(block, (sender.next - 1) | 0);
  }
}

/** When, as a share of an interval, who found no room for a probe tries again: each at another time, and never at once. */
function spreadOf({ timestampOffset }: ControlBlock): number {
  return 0.1 + (0.9 * (timestampOffset >>> 0)) / 2 ** 32; // random, and its own
}
