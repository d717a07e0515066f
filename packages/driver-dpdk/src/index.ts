export { DpdkDriver } from './dpdk-driver.js';
export { dpdkOptionsSchema, RSS_TYPES, type DpdkOptions, type RssType } from './dpdk-options.js';
export { DpdkPort, type Rss } from './dpdk-port.js';
export {
  ADDON_PATH_VARIABLE,
  loadAddon,
  type BenchConfig,
  type BenchLoops,
  type DpdkAddon,
  type LoopResult,
} from './addon.js';
export { linkDriverModule } from './module.js';
export { Toeplitz } from './rss/toeplitz.js';
export { IndirectionTable } from './rss/indirection-table.js';
