import type { LinkPort } from '@lunetta/core';

/** The other end of the link under test: another port, a kernel's socket, a file ... */
export interface FarEnd {
  /**
   * Puts a frame on the wire.
   *
   * @returns whether it could; false where the far end itself has no room at the moment
   */
  send(frame: Uint8Array): boolean | Promise<boolean>;
  /** Waits until every frame that was sent is on the wire. Needed where it is not when `send` returns. */
  flush?(): Promise<void>;
  /** The next frame that arrived, as long as it came; null if there is none now. */
  receive(): Uint8Array | null | Promise<Uint8Array | null>;
  /** Ends the far end; it holds no buffer afterwards. Idempotent. */
  close(): void | Promise<void>;
}

/** One opened link under test. */
export interface LinkFixture {
  /** The port under test; the suite closes it. */
  readonly port: LinkPort;
  readonly peer: FarEnd;
  /** Takes the carrier away or gives it back. Without it the tests of `down` are left out. */
  readonly setLinkState?: ((state: 'up' | 'down') => void | Promise<void>) | undefined;
  /** Removes the device. Without it the tests of `gone` are left out. */
  readonly remove?: (() => void | Promise<void>) | undefined;
  /** Releases whatever `open` acquired. The port and the peer are closed by then. */
  destroy(): void | Promise<void>;
}

/** How the suite opens a driver, and what it may expect of it. */
export interface LinkDriverSetup {
  /** Opens a link of its own for one test: port up, peer ready, MTU as given in {@link mtu}. */
  open(): LinkFixture | Promise<LinkFixture>;
  /** The MTU of the fixtures. 1500 if not given. */
  readonly mtu?: number;
  /**
   * Whether nothing but the suite's frames is on the wire. If not (a kernel talks too), frames of another EtherType
   * are passed over and counters are compared with "at least". true if not given.
   */
  readonly exactFrames?: boolean;
  /** Whether every frame that the far end put on the wire is received or counted as dropped. false if not given. */
  readonly countsLosses?: boolean;
  /** Whether the longest frames are to arrive in several segments. false if not given. */
  readonly receivesChains?: boolean;
  /** The shortest frame on this medium in bytes, shorter ones arrive padded at either end. 0 if not given. */
  readonly paddedTo?: number;
  /** Longest time to wait for anything, in milliseconds. 5000 if not given. */
  readonly patienceMs?: number;
}
