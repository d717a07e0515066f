// Filled by the driver's own files.
export {};
