import type { ControlBlock } from './control-block.js';
import { RecoveryPhase } from './recovery/loss-recovery.js';
import { TcpState, type TcpStateName } from './tcp-state.js';

/** What is going on inside of a connection, as Linux's TCP_INFO tells it. Times in microseconds, sizes in bytes. */
export interface TcpStatistics {
  readonly state: TcpStateName;
  readonly congestionControl: string;
  readonly recovery: keyof typeof RecoveryPhase;
  readonly rttUs: number;
  readonly rttVariationUs: number;
  /** The least round trip of the last seconds; 0 before the first. */
  readonly minRttUs: number;
  readonly rtoUs: number;
  /** Bytes of text in a full segment. */
  readonly mss: number;
  readonly congestionWindow: number;
  /** Infinity before the first loss. */
  readonly slowStartThreshold: number;
  readonly inFlight: number;
  readonly peerWindow: number;
  /** Acknowledged so far. */
  readonly bytesAcknowledged: number;
  readonly bytesResent: number;
  readonly segmentsResent: number;
  /** Recoveries that were for nothing. */
  readonly spuriousRecoveries: number;
  /** Written and not acknowledged; room for it. */
  readonly sendBuffered: number;
  readonly sendBufferSize: number;
  /** Received and not read; room for it. */
  readonly receiveBuffered: number;
  readonly receiveBufferSize: number;
  /** Ranges that wait out of order. */
  readonly outOfOrderRanges: number;
  /** Agreed in the handshake. */
  readonly hasSack: boolean;
  readonly hasTimestamps: boolean;
  readonly hasEcn: boolean;
}

const NEVER = 0x7fffffff;

/** The statistics of a connection at this moment. */
export function statisticsOf(block: ControlBlock): TcpStatistics {
  const { sender, receiver } = block;
  const { rtt, congestion, recovery } = sender;
  return {
    state: TcpState[block.tcpState] as TcpStateName,
    congestionControl: congestion.name,
    recovery: RecoveryPhase[recovery.phase] as keyof typeof RecoveryPhase,
    rttUs: rtt.smoothedUs,
    rttVariationUs: rtt.variationUs,
    minRttUs: rtt.minUs === NEVER ? 0 : rtt.minUs,
    rtoUs: rtt.timeoutUs,
    mss: sender.mss,
    congestionWindow: congestion.window,
    slowStartThreshold: congestion.threshold === NEVER ? Infinity : congestion.threshold,
    inFlight: recovery.inFlight,
    peerWindow: sender.window,
    bytesAcknowledged: sender.acknowledgedBytes,
    bytesResent: sender.resentBytes,
    segmentsResent: sender.segmentsResent,
    spuriousRecoveries: sender.spuriousRecoveries,
    sendBuffered: sender.ring.length,
    sendBufferSize: sender.limit,
    receiveBuffered: receiver.ring.length,
    receiveBufferSize: receiver.limit,
    outOfOrderRanges: receiver.rangeCount,
    hasSack: sender.hasSack,
    hasTimestamps: block.hasTimestamps,
    hasEcn: block.ecn !== undefined,
  };
}
