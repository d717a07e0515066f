// What driver-child.ts bundles for other processes.
export { TapDriver } from '../../src/tap-driver.js';
export { tapOptionsSchema } from '../../src/tap-options.js';
