export * from './errors/lunetta-error.js';
export * from './errors/socket-error.js';
export * from './time/host.js';
export * from './link/descriptor.js';
export * from './link/frame-memory.js';
export * from './link/link-driver.js';
