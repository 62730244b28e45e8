/**
 * Where things are in the state directory, and nothing of what is in them. A router has two files that are read together,
 * a snapshot and a journal; a damaged one is kept beside them under a name that no reader takes for a record.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { praasError } from '../../../core/errors/errors.ts';
import { RouterId } from '../../../pat/mapping/mapping.ts';
import { isMissing, readError } from '../disk.ts';

/** The two files of one router. */
export interface RouterFiles {
  readonly directory: string;
  readonly router_id: string;
  readonly snapshot: string;
  readonly journal: string;
}

/** What lies in the directory of one router's files: the name says whose it is. */
interface Entry {
  readonly router_id: string;
  readonly name: string;
  readonly isAside: boolean;
}

const ENTRY = /^(?<router_id>.+)\.(?:json|journal)(?<aside>\.damaged-\d{8}T\d{6}Z(?:-\d+)?)?$/;
export const lockPath = (state_dir: string): string => join(state_dir, 'lock');
export const routersDirectory = (state_dir: string): string => join(state_dir, 'routers');

/** Throws INVALID_INPUT for an id that could not be a file name. */
export function routerFiles(state_dir: string, router_id: string): RouterFiles {
  if (!RouterId.safeParse(router_id).success) {
    const allowed = 'a router UUID or a namespace name';
    throw praasError('INVALID_INPUT', { field: 'router', found: JSON.stringify(router_id), allowed });
  }
  const directory = routersDirectory(state_dir);
  const path = join(directory, router_id);
  return { directory, router_id, snapshot: `${path}.json`, journal: `${path}.journal` };
}

/** Ids of all routers of which there is anything, sorted. Throws NOT_PERMITTED, STORE_UNREADABLE. */
export async function listRouters(state_dir: string): Promise<string[]> {
  const ids = (await listEntries(routersDirectory(state_dir))).map(({ router_id }) => router_id);
  return [...new Set(ids)].toSorted();
}

/** The damaged file that was set aside for this router, the newest of several. Throws NOT_PERMITTED, STORE_UNREADABLE. */
export async function findAside(files: RouterFiles): Promise<string | undefined> {
  const entries = await listEntries(files.directory);
  const names = entries.filter((entry) => entry.isAside && entry.router_id === files.router_id).map(({ name }) => name);
  const newest = names.toSorted((a, b) => asideTime(a).localeCompare(asideTime(b))).at(-1);
  return newest && join(files.directory, newest);
}

function asideTime(name: string): string {
  return name.slice(name.lastIndexOf('.damaged-'));
}

/** Whether a file of that name in routersDirectory is a damaged one that was set aside. */
export function isAside(name: string): boolean {
  return toEntry(name).some(({ isAside }) => isAside);
}

/** The file that a damaged one was before it was set aside. */
export function beforeAside(path: string): string {
  return path.slice(0, path.lastIndexOf('.damaged-'));
}

async function listEntries(directory: string): Promise<Entry[]> {
  try {
    return (await readdir(directory)).flatMap(toEntry);
  } catch (error) {
    if (isMissing(error)) return [];
    throw readError(directory, error);
  }
}

function toEntry(name: string): Entry[] {
  const { router_id = '', aside } = ENTRY.exec(name)?.groups ?? {};
  return RouterId.safeParse(router_id).success ? [{ router_id, name, isAside: aside !== undefined }] : [];
}
