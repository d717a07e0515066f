import { type Duration, durationUs } from '../virtual/duration.js';
import {
  arpReplyFrame,
  arpRequestFrame,
  PEER,
  pingFrame,
  pongFrame,
  stackArpReplyFrame,
  stackArpRequestFrame,
} from './frames-of-stations.js';
import { MatrixStack } from './matrix-stack.js';
import type { LinkScript, TimedFrame } from './matrix-target.js';

/** Between two things that are sent one after the other. */
const GAP_US = 1000;
/** After the last thing, for what should not come. */
const REST_US = 100_000;

/** What a behaviour is: frames to the stack and the frames that it is to send, in their order and at their times. */
export class Conversation {
  private readonly frames: TimedFrame[] = [];
  private readonly answers: TimedFrame[] = [];
  private nowUs = 0;

  /** The stack announces itself; its peer and it get to know each other, so that neither asks for 30 seconds. */
  constructor() {
    this.expect(stackArpRequestFrame(MatrixStack.IP));
    this.send(arpRequestFrame());
    this.expect(stackArpReplyFrame());
    this.send(pingFrame(1));
    this.expect(pongFrame(1), stackArpRequestFrame(PEER.ip, PEER.mac));
    this.send(arpReplyFrame());
  }

  /** Frames to the stack, all at one moment, a millisecond after what was before. */
  send(...frames: readonly Uint8Array[]): void {
    this.nowUs += GAP_US;
    for (const bytes of frames) this.frames.push({ atUs: this.nowUs, bytes });
  }

  /** What the stack is to send now. Its IPv4 identifications are its own affair. */
  expect(...frames: readonly Uint8Array[]): void {
    for (const bytes of frames) this.answers.push({ atUs: this.nowUs, bytes });
  }

  /** Lets time pass. */
  wait(duration: Duration): void {
    this.nowUs += durationUs(duration);
  }

  get script(): LinkScript {
    return { frames: this.frames, durationUs: this.nowUs + REST_US };
  }

  get expected(): readonly TimedFrame[] {
    return this.answers;
  }
}
