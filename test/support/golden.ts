/** Text held against a checked-in file. `PRAAS_GOLDEN=write` writes the file instead; never in CI. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from '@jest/globals';

const FOLDER = new URL('../golden/', import.meta.url);

export function expectGolden(name: string, text: string): void {
  const file = new URL(name, FOLDER);
  if (process.env['PRAAS_GOLDEN'] === 'write' && !process.env['CI']) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
