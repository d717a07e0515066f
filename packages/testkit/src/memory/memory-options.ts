import type { OptionsSchema, Wakeup } from '@lunetta/core';

/** The options of the driver `memory` in a configuration. */
export interface MemoryDriverOptions {
  /** Name of the cable; two interfaces with the same one are joined. */
  readonly cable: string;
  readonly mtu?: number;
  readonly buffers?: number;
  readonly sharedMemory?: boolean;
  readonly wakeup?: Wakeup;
  readonly padTo60?: boolean;
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** What each option must be, and how to say so. */
const RULES: Readonly<Record<keyof MemoryDriverOptions, readonly [check: (value: unknown) => boolean, say: string]>> = {
  cable: [(value) => typeof value === 'string' && value !== '', 'a name that both ends of the cable share'],
  mtu: [isCount, 'a number of bytes'],
  buffers: [isCount, 'a number of frame buffers'],
  sharedMemory: [isFlag, 'true or false'],
  wakeup: [(value) => value === 'edge' || value === 'level' || value === 'none', "'edge', 'level' or 'none'"],
  padTo60: [isFlag, 'true or false'],
};

/** Checks {@link MemoryDriverOptions} (Standard Schema). */
export const memoryOptionsSchema: OptionsSchema<MemoryDriverOptions> = {
  '~standard': {
    validate(value) {
      if (typeof value !== 'object' || value === null) return { issues: [{ message: 'must be an object' }] };
      const given = value as Record<string, unknown>;
      const unknown = Object.keys(given)
        .filter((key) => !(key in RULES))
        .map((key) => ({ message: `is not an option of the driver 'memory'`, path: [key] }));
      const wrong = Object.entries(RULES)
        .filter(([key, [check]]) => (key === 'cable' || given[key] !== undefined) && !check(given[key]))
        .map(([key, [, say]]) => ({ message: `must be ${say}`, path: [key] }));
      const issues = [...unknown, ...wrong];
      return issues.length > 0 ? { issues } : { value: given as unknown as MemoryDriverOptions };
    },
  },
};
