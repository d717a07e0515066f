/** One jest run for all packages; tests see the TypeScript sources, so no build is needed for them. */
export default {
  testEnvironment: 'node',
  // Most tests wait for devices and processes: one core less than there are, as jest has it, would leave cores idle.
  maxWorkers: '100%',
  roots: ['<rootDir>/packages', '<rootDir>/test'],
  // After every test what it made with testkit is closed, and a frame, buffer or timer that is left fails it.
  setupFilesAfterEnv: ['<rootDir>/packages/testkit/src/jest-setup.ts'],
  // Tests wait for events, not for time: a busy machine makes them slower, not wrong.
  testTimeout: 30_000,
  testMatch: ['**/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^@lunetta/(core|testkit|driver-tap|driver-pcap|driver-dpdk|apps)$': '<rootDir>/packages/$1/src/index.ts',
    '^@lunetta/testkit/jest$': '<rootDir>/packages/testkit/src/jest.ts',
    '^lunetta$': '<rootDir>/packages/lunetta/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
