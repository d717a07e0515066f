/** What the test says to the agent in the emulated machine: JSON, a line each. Processes have numbers of the test's. */
export type Order =
  | { readonly order: 'start'; readonly process: number; readonly command: readonly string[] }
  | { readonly order: 'signal'; readonly process: number; readonly signal: NodeJS.Signals }
  | { readonly order: 'write'; readonly path: string; readonly text: string };

/** What the agent tells. */
export type Report =
  | { readonly report: 'ready' }
  | { readonly report: 'stdout' | 'stderr'; readonly process: number; readonly text: string }
  | { readonly report: 'end'; readonly process: number; readonly code: number | null; readonly signal: string | null };
