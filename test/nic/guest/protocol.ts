import type { QueueAudit } from '@lunetta/core';

/** What the test says to the agent in the emulated machine: JSON, a line each. Processes have numbers of the test's. */
export type Order =
  | { readonly order: 'start'; readonly process: number; readonly command: readonly string[] }
  | { readonly order: 'signal'; readonly process: number; readonly signal: NodeJS.Signals }
  /** Text for its stdin. */
  | { readonly order: 'input'; readonly process: number; readonly text: string }
  | { readonly order: 'write'; readonly path: string; readonly text: string };

/** What the agent tells. */
export type Report =
  | { readonly report: 'ready' }
  | { readonly report: 'stdout' | 'stderr'; readonly process: number; readonly text: string }
  | { readonly report: 'end'; readonly process: number; readonly code: number | null; readonly signal: string | null };

/** A frame that the probe is to send: its bytes in hexadecimal, and words of its descriptor. */
export interface SentFrame {
  readonly frame: string;
  readonly flags: number;
  readonly headerLengths: number;
  readonly vlanAndMss: number;
}

/** A frame that the probe has received, with what the card says of it. */
export interface ReceivedFrame {
  readonly report: 'received';
  readonly queue: number;
  readonly flags: number;
  readonly hash: number;
  readonly tag: number;
  readonly frame: string;
}

/** What there is of RSS on the card, told when all stacks are ready, one a queue. */
export interface QueuesReady {
  readonly key: string;
  readonly table: readonly number[];
}

/** How the stack of a queue has fared, told after the end of all. */
export interface QueueAccounts {
  readonly queue: number;
  /** Datagrams that it was given. */
  readonly delivered: number;
  readonly audit: QueueAudit;
}

/** What the probe tells. */
export type ProbeReport =
  | ReceivedFrame
  | { readonly report: 'gone' }
  | {
      readonly report: 'open';
      readonly driver: string;
      readonly offloads: number;
      readonly rss: { readonly types: readonly string[]; readonly key: string; readonly table: readonly number[] };
    }
  | {
      readonly report: 'closed';
      readonly audits: readonly QueueAudit[];
      readonly refused: Readonly<Record<string, number>>;
    };
