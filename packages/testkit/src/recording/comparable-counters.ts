import type { Stack } from '@lunetta/core';
import type { Json, ObjectNames } from './recorded-values.js';

/** What a stack has counted, without what is its links' own. */
export function comparableCounters(stack: Stack, names: ObjectNames): Json {
  const { interfaces, ...others } = stack.counters();
  const own = interfaces.map(({ name, rx, tx, arp, held }) => ({ name, rx, tx, arp, held }));
  return names.encode({ interfaces: own, ...others });
}
