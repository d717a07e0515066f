import type { NetworkLayer } from '../../network/network-layer.js';
import * as tcp from '../../wire/tcp.js';
import type { ControlBlock } from '../control-block.js';
import { MtuDoubt } from '../mtu-doubt.js';
import { TcpCounter } from '../tcp-counters.js';

/** Bytes after the header of segments that are small enough to be tried, the largest first (RFC 4821 section 7.2). */
const SIZES = [1024, 512];

/**
 * Paths that swallow large segments and say nothing (RFC 4821 section 7.7). When a large segment is not answered again and
 * again, smaller ones are tried. If they pass, so perhaps do large ones again: the peer may have been away. Only when
 * large ones fail once more where small ones have passed is the path MTU reduced, for all connections to there.
 */
export class BlackHoles {
  constructor(private readonly network: NetworkLayer) {}

  /** What was sent first has gone unanswered several times. */
  suspect(block: ControlBlock): void {
    const { sender, shared, path, mtuDoubt } = block;
    if (mtuDoubt?.isLifted === true) {
      block.mtuDoubt = undefined;
      shared.counters[TcpCounter.blackHoles]++;
      this.network.reducePathMtu(path.remote, mtuDoubt.size + this.network.headerLength + tcp.HEADER_LENGTH);
      return;
    }
    const limit = Math.min(mtuDoubt?.size ?? Infinity, sender.mss);
    const size = SIZES.find((each) => each < limit);
    if (size === undefined || sender.isIdle) return;
    block.mtuDoubt = new MtuDoubt(size, sender.next);
  }
}

/** `una` is acknowledged on a connection with an {@link MtuDoubt}. */
export function easeMtuDoubt(block: ControlBlock, doubt: MtuDoubt, una: number): void {
  const passed = (una - doubt.upTo) | 0;
  if (!doubt.isLifted) {
    if (passed < 0) return; // not all that was under way when they were limited
    doubt.isLifted = true;
    doubt.upTo = block.sender.next;
  } else if (passed > SIZES[0]) {
    block.mtuDoubt = undefined; // large ones pass
  }
}
