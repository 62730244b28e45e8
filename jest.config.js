export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.mjs' },
  // All cores; jest would leave one of them idle.
  maxWorkers: '100%',
  testSequencer: '<rootDir>/test/longest-first.mjs',
  testTimeout: 60_000,
};
