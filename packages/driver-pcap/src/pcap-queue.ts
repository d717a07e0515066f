import {
  type Clock,
  COUNT_STATE,
  DESCRIPTOR_WORDS,
  FLAGS,
  FRAME_LENGTH,
  HANDLE,
  LENGTH,
  MORE,
  OFFSET,
  PooledQueue,
  type PooledQueueParts,
  STATE_GONE,
  STATE_UP,
} from '@lunetta/core';
import type { ArpAnswers } from './arp-answers.js';
import type { CaptureFeed } from './capture-feed.js';
import { DROP_RX_NO_BUFFER, DROP_TX_NOT_UP, DROP_TX_NOT_WRITTEN } from './drop-names.js';
import type { FrameRecorder } from './frame-recorder.js';

/** What a {@link PcapQueue} is made of. */
export interface PcapQueueParts extends PooledQueueParts {
  readonly clock: Clock;
  readonly feed: CaptureFeed;
  readonly recorder: FrameRecorder;
  /** undefined: nobody answers ARP requests but the capture. */
  readonly arpAnswers: ArpAnswers | undefined;
  /** Called once when the capture has ended, or what is sent can no longer be written. From inside `poll`. */
  readonly onEnd: () => void;
}

/** Shows the packets of a capture when their time has come, and writes what is sent to another one. */
export class PcapQueue extends PooledQueue {
  private readonly clock: Clock;
  private readonly feed: CaptureFeed;
  private readonly recorder: FrameRecorder;
  private readonly arpAnswers: ArpAnswers | undefined;
  private readonly onEnd: () => void;
  /** Payload bytes of a buffer. */
  private readonly segmentSize: number;

  constructor(parts: PcapQueueParts) {
    super(parts);
    this.clock = parts.clock;
    this.feed = parts.feed;
    this.recorder = parts.recorder;
    this.arpAnswers = parts.arpAnswers;
    this.onEnd = parts.onEnd;
    this.segmentSize = this.memory.bufferSize - this.headroom;
  }

  readonly nextFrameAt = (): number => {
    if (this.state !== STATE_UP) return Infinity;
    return this.arpAnswers?.isWaiting === true ? this.clock.nowUs() : this.feed.nextAt;
  };

  arm(): boolean {
    return this.state === STATE_UP && this.feed.isLive && this.waker.arm(this.feed.nextAt <= this.clock.nowUs());
  }

  /** More of a live capture has come. */
  arrived(): void {
    this.waker.arrived();
  }

  protected closeWire(): void {
    this.feed.close();
    this.recorder.close();
  }

  protected send(count: number): number {
    const { check, tx, counters, recorder, state } = this;
    const nowUs = this.clock.nowUs();
    for (let at = 0; at < count;) {
      const end = check.frame(at, count);
      if (check.good) {
        if (state !== STATE_UP) counters.dropped[DROP_TX_NOT_UP]++;
        else if (!recorder.write(nowUs, this.memory.bytes, tx, at, end, check.frameLength)) {
          counters.dropped[DROP_TX_NOT_WRITTEN]++;
        } else {
          counters.txFrames++;
          counters.txBytes += check.frameLength;
          this.arpAnswers?.hear(
            this.memory.view,
            tx[at * DESCRIPTOR_WORDS + OFFSET],
            tx[at * DESCRIPTOR_WORDS + LENGTH],
          );
        }
      }
      this.release(at, end);
      at = end;
    }
    recorder.endPoll();
    if (recorder.failure !== undefined) this.end();
    return count;
  }

  protected receive(): number {
    const { feed, rxCapacity } = this;
    const nowUs = this.clock.nowUs();
    let count = this.arpAnswers?.isWaiting === true ? this.showAnswers(this.arpAnswers) : 0;
    while (feed.nextAt <= nowUs) {
      if (!feed.hasPacket) {
        this.end();
        break;
      }
      const segments = Math.ceil(feed.record.capturedLength / this.segmentSize);
      if (count + segments > rxCapacity) break;
      if (segments > this.pool.available) this.counters.dropped[DROP_RX_NO_BUFFER]++;
      else count = this.show(count, segments);
      feed.next();
    }
    return count;
  }

  private showAnswers(answers: ArpAnswers): number {
    let count = 0;
    while (answers.isWaiting && count < this.rxCapacity && this.pool.available > 0) {
      const frame = answers.take();
      const handle = this.pool.take(this.me);
      const at = this.memory.bufferAt(handle) + this.headroom;
      this.memory.bytes.set(frame, at);
      this.describe(count++, handle, at, frame.length, 0, frame.length);
    }
    return count;
  }

  /** Copies the packet at hand into buffers and describes them from descriptor `count` on; the descriptor after them. */
  private show(count: number, segments: number): number {
    const { rx, pool, memory, segmentSize, headroom } = this;
    const { record } = this.feed;
    const { capturedLength } = record;
    for (let i = 0; i < segments; i++) {
      const handle = pool.take(this.me);
      const at = memory.bufferAt(handle) + headroom;
      const from = i * segmentSize;
      const length = Math.min(segmentSize, capturedLength - from);
      this.feed.copy(from, length, at);
      this.describe(count + i, handle, at, length, i < segments - 1 ? MORE : 0, capturedLength);
    }
    this.arpAnswers?.learn(memory.view, rx[count * DESCRIPTOR_WORDS + OFFSET], Math.min(segmentSize, capturedLength));
    return count + segments;
  }

  private describe(
    index: number,
    handle: number,
    at: number,
    length: number,
    flags: number,
    frameLength: number,
  ): void {
    const { rx, counters } = this;
    const d = index * DESCRIPTOR_WORDS;
    rx[d + HANDLE] = handle;
    rx[d + OFFSET] = at;
    rx[d + LENGTH] = length;
    rx[d + FLAGS] = flags;
    rx[d + FRAME_LENGTH] = frameLength;
    if (flags === MORE) return;
    counters.rxFrames++;
    counters.rxBytes += frameLength;
  }

  private end(): void {
    if (this.state === STATE_GONE) return;
    this.state = STATE_GONE;
    this.counts[COUNT_STATE] = STATE_GONE;
    this.onEnd();
  }
}
