/**
 * The paths in the state directory. A router has two files that are read together, a snapshot and a journal; a damaged file is kept
 * beside them under a name that no reader takes for a record.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { praasError } from '../../../core/errors/errors.ts';
import { RouterId } from '../../../pat/mapping/mapping.ts';
import { isMissing, makePrivateDirectory, readError } from '../disk.ts';

/** The two files of one router. */
export interface RouterFiles {
  readonly directory: string;
  readonly routerId: string;
  readonly snapshot: string;
  readonly journal: string;
}

/** A file of a record, by its name. */
interface RecordFile {
  readonly routerId: string;
  readonly name: string;
  readonly isAside: boolean;
}

const RECORD_FILE = /^(?<routerId>.+)\.(?:json|journal)(?<aside>\.damaged-\d{8}T\d{6}Z(?:-\d+)?)?$/;
export const lockPath = (stateDir: string): string => join(stateDir, 'lock');
export const routersDirectory = (stateDir: string): string => join(stateDir, 'routers');

/** Creates the state directory, and its parents, where they are missing. */
export async function createStateDirectory(stateDir: string): Promise<void> {
  await mkdir(dirname(stateDir), { recursive: true });
  await makePrivateDirectory(stateDir);
}

/** Gives the files of a router. Throws INVALID_INPUT for an ID that is no file name. */
export function routerFiles(stateDir: string, routerId: string): RouterFiles {
  if (!RouterId.safeParse(routerId).success) {
    const allowed = 'a router UUID or a namespace name';
    throw praasError('INVALID_INPUT', { field: 'router', found: JSON.stringify(routerId), allowed });
  }
  const directory = routersDirectory(stateDir);
  const path = join(directory, routerId);
  return { directory, routerId, snapshot: `${path}.json`, journal: `${path}.journal` };
}

/** Takes the names of files, gives the IDs of all routers with a file, sorted. */
export function routerIdsOf(names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap(parseName).map(({ routerId }) => routerId))].toSorted();
}

/** Gives the newest damaged file of a router that was moved aside. Throws NOT_PERMITTED, STORE_UNREADABLE. */
export async function findAside(files: RouterFiles): Promise<string | undefined> {
  const recordFiles = await listRecordFiles(files.directory);
  const names = recordFiles.filter((file) => file.isAside && file.routerId === files.routerId).map(({ name }) => name);
  const newest = names.toSorted((a, b) => asideTime(a).localeCompare(asideTime(b))).at(-1);
  return newest && join(files.directory, newest);
}

function asideTime(name: string): string {
  return name.slice(name.lastIndexOf('.damaged-'));
}

/** True for the name of a damaged file that was moved aside. */
export function isAside(name: string): boolean {
  return parseName(name).some((file) => file.isAside);
}

/** Gives the path of a file before it was moved aside. */
export function beforeAside(path: string): string {
  return path.slice(0, path.lastIndexOf('.damaged-'));
}

async function listRecordFiles(directory: string): Promise<RecordFile[]> {
  try {
    return (await readdir(directory)).flatMap(parseName);
  } catch (error) {
    if (isMissing(error)) return [];
    throw readError(directory, error);
  }
}

function parseName(name: string): RecordFile[] {
  const { routerId = '', aside } = RECORD_FILE.exec(name)?.groups ?? {};
  return RouterId.safeParse(routerId).success ? [{ routerId, name, isAside: aside !== undefined }] : [];
}
