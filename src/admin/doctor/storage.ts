/** The state directory: free space, readable records, and damaged files that were set aside. */
import { isPraasError, type PraasError } from '../../core/errors/errors.ts';
import type { MappingStore } from '../../pat/interfaces/store.ts';
import { failed, type Judgement, ok, skipped, warning } from './report.ts';
import { type DoctorCheck, judgeError } from './run-checks.ts';

export interface FreeSpace {
  readonly freeBytes: number;
  readonly freeInodes: number;
  readonly allInodes: number;
}

interface StorageCheckParts {
  readonly stateDirectory: string;
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  /** Of the file system of a directory; undefined where there is no such directory. */
  readonly freeSpaceOf: (path: string) => Promise<FreeSpace | undefined>;
  /** Names of damaged files that were set aside. */
  readonly damagedFiles: () => Promise<readonly string[]>;
}

const MIB = 1024 * 1024;
const LOW_BYTES = 100 * MIB;
const MIN_BYTES = 10 * MIB;
const MIN_INODES = 1000;
const FREE_SPACE = 'Free some space: without it no mapping can be created or changed.';

export function storageChecks(parts: StorageCheckParts): readonly DoctorCheck[] {
  const { stateDirectory, store, freeSpaceOf, damagedFiles } = parts;
  return [
    {
      group: 'store',
      name: stateDirectory,
      needsRoot: true,
      async run() {
        const space = await freeSpaceOf(stateDirectory);
        if (space === undefined) return [skipped(stateDirectory, 'not found; the first start creates it')];
        return [judgeSpace(stateDirectory, space)];
      },
    },
    {
      group: 'store',
      name: 'records',
      needsRoot: true,
      run: async () => [...(await judgeRecords(store)), ...judgeDamagedFiles(await damagedFiles())],
    },
  ];
}

async function judgeRecords(store: StorageCheckParts['store']): Promise<readonly Judgement[]> {
  const routerIds = await store.routers();
  const errors: PraasError[] = [];
  let mappings = 0;
  for (const routerId of routerIds) {
    try {
      mappings += (await store.read(routerId)).mappings.size;
    } catch (error) {
      if (!isPraasError(error)) throw error;
      errors.push(error);
    }
  }
  const readable = `${mappings} mappings of ${routerIds.length - errors.length} routers are readable`;
  return [ok('records', readable), ...errors.map((error) => judgeError('records', error))];
}

export function judgeSpace(path: string, { freeBytes, freeInodes, allInodes }: FreeSpace): Judgement {
  const detail = `${Math.floor(freeBytes / MIB)} MiB free`;
  if (freeBytes < MIN_BYTES) return failed(path, detail, FREE_SPACE);
  // Some file systems create inodes on demand, and count none.
  if (allInodes > 0 && freeInodes < MIN_INODES) return failed(path, `${freeInodes} inodes free`, FREE_SPACE);
  return freeBytes < LOW_BYTES ? warning(path, detail, FREE_SPACE) : ok(path, detail);
}

export function judgeDamagedFiles(names: readonly string[]): readonly Judgement[] {
  if (names.length === 0) return [];
  const nextStep = 'Restore them from a backup, or remove them to start with an empty state for their routers.';
  return [warning('damaged files', `set aside: ${names.join(', ')}`, nextStep)];
}
