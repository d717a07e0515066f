export * from './virtual/duration.js';
export * from './virtual/seeded-random.js';
export * from './virtual/virtual-clock.js';
export * from './virtual/virtual-host.js';
export * from './virtual/virtual-scheduler.js';
export { createMemoryCable, type CableEnd, type MemoryCable, type MemoryCableOptions } from './memory/memory-cable.js';
export type { MemoryPort } from './memory/memory-port.js';
