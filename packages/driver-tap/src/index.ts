export { TapDriver } from './tap-driver.js';
export { tapOptionsSchema, type TapOptions } from './tap-options.js';
export { TapPort } from './tap-port.js';
export { ADDON_PATH_VARIABLE } from './addon.js';
export { linkDriverModule } from './module.js';
