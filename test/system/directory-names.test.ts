/** Names that are remembered are those that are there. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DirectoryNames } from '../../src/system/directory-names.ts';

const LATER_MS = 5000;

let parent: string;
let path: string;
let parsed: number;
let passedMs: number;
let names: DirectoryNames<readonly string[]>;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'praas-names-'));
  path = join(parent, 'directory');
  mkdirSync(path);
  parsed = 0;
  passedMs = LATER_MS;
  const parse = (found: readonly string[]): readonly string[] => {
    parsed++;
    return found.toSorted();
  };
  names = new DirectoryNames(path, parse, { now: () => new Date(Date.now() + passedMs) });
});
afterEach(() => rmSync(parent, { recursive: true }));

const add = (name: string): void => writeFileSync(join(path, name), '');

test('a directory that has not changed is read once', async () => {
  add('east');

  for (let time = 0; time < 5; time++) expect(await names.read()).toEqual(['east']);
  expect(parsed).toBe(1);
});

test('a name that is added, removed or changed is seen', async () => {
  const found: unknown[] = [await names.read()];
  add('east');
  found.push(await names.read());
  renameSync(join(path, 'east'), join(path, 'west'));
  found.push(await names.read());
  rmSync(join(path, 'west'));
  found.push(await names.read());

  expect(found).toEqual([[], ['east'], ['west'], []]);
});

test('a directory that is put in the place of another is read anew', async () => {
  add('east');
  await names.read();
  mkdirSync(join(parent, 'other'));
  writeFileSync(join(parent, 'other', 'west'), '');
  rmSync(path, { recursive: true });
  renameSync(join(parent, 'other'), path);

  expect(await names.read()).toEqual(['west']);
});

test('two changes that the file system gives the same time are both seen, because the first is too young', async () => {
  passedMs = 0;
  const time = new Date();
  add('east');
  utimesSync(path, time, time);
  expect(await names.read()).toEqual(['east']);
  add('west');
  utimesSync(path, time, time);

  expect(await names.read()).toEqual(['east', 'west']);
});

test('a directory that is not there is an error, and one that comes is read', async () => {
  rmSync(path, { recursive: true });
  await expect(names.read()).rejects.toMatchObject({ code: 'ENOENT' });
  mkdirSync(path);
  add('east');

  expect(await names.read()).toEqual(['east']);
});
