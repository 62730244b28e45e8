/**
 * The number of the last change of each router, as of the last time a writer ended: a file that was cut at the end of a line, or an old
 * copy, looks whole, and only this tells. A crash leaves older numbers, which are true as well ("at least"). Losing the file costs
 * nothing but this knowledge, so it is written without waiting for the disk, and a failure is ignored.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { readContent } from '../content.ts';
import { damaged } from '../damage.ts';
import { readIfExists } from '../disk.ts';
import { temporaryName } from '../names.ts';
import { seal } from '../seal.ts';

const NAME = 'last-changes.json';
const Marks = z.strictObject({ version: z.literal(1), routers: z.record(z.string(), z.int().min(0)) });

export type ChangeMarks = ReadonlyMap<string, number>;

/** Gives the marks; none where there is no file. Throws STORE_DAMAGED, STORE_UNREADABLE, NOT_PERMITTED. */
export async function readMarks(stateDir: string): Promise<ChangeMarks> {
  const path = join(stateDir, NAME);
  const rules = {
    path,
    schema: Marks,
    migrations: [],
    sealedSince: 1,
    damaged: (reason: string) => damaged(path, reason),
  };
  const content = await readIfExists(path);
  return new Map(content && Object.entries(readContent(content.toString(), rules).content.routers));
}

/** Replaces the marks; only the holder of the lock may. */
export async function writeMarks(stateDir: string, marks: ChangeMarks): Promise<void> {
  const temporary = join(stateDir, temporaryName(NAME));
  const text = seal(JSON.stringify({ version: 1, routers: Object.fromEntries(marks) }));
  try {
    await writeFile(temporary, `${text}\n`, { mode: 0o600, flag: 'wx' });
    await rename(temporary, join(stateDir, NAME));
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
