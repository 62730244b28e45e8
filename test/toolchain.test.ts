import { expect, test } from '@jest/globals';

test('tests run under the pinned Node 24, not the one of the machine', () => {
  expect(process.version).toMatch(/^v24\./);
});

test('tests run as ES modules', () => {
  expect(import.meta.url).toMatch(/\/toolchain\.test\.ts$/);
});
