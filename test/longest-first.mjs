/**
 * The order in which jest starts test files: those that take longest first, so that the cores have work until the end. Jest
 * knows how long each took only where it has run before; otherwise it goes by size, and some of the longest are short.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Sequencer from '@jest/test-sequencer';

/** The longest first, each at least twice as long as others of its tier. */
const LONGEST = [
  'cli/concurrency',
  'cli/kill',
  'daemon/soak',
  'store/files/pat/kill',
  'store/files/pat/processes',
  'server/http/fuzz',
  'kernel/demo',
  'kernel/bad-day',
  'daemon/reconcile',
  'kernel/address-scope',
  'kernel/dataplane',
].map((name) => join(import.meta.dirname, `${name}.test.ts`));

const missing = LONGEST.find((path) => !existsSync(path));
if (missing !== undefined) throw new Error(`longest-first.mjs names ${missing}, which is not there`);

export default class LongestFirst extends Sequencer {
  /** Takes and gives tests, as jest has them: each with its path. */
  async sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the base class, not of an array
    const usual = await super.sort(tests);
    const rank = ({ path }) => (LONGEST.includes(path) ? LONGEST.indexOf(path) : LONGEST.length);
    return usual.toSorted((a, b) => rank(a) - rank(b));
  }
}
