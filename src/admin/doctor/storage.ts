/** The state directory: every record readable, nothing set aside, room left. */
import { isPraasError, type PraasError } from '../../core/errors/errors.ts';
import type { MappingStore } from '../../pat/interfaces/store.ts';
import type { Check } from './examine.ts';
import { failed } from './examine.ts';
import { type Judgement, ok, skipped, warning, wrong } from './report.ts';

export interface Room {
  readonly freeBytes: number;
  readonly freeInodes: number;
  readonly allInodes: number;
}

export interface StorageParts {
  readonly state_dir: string;
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  /** What there is of a file system; undefined where there is no such directory. */
  readonly roomOf: (path: string) => Promise<Room | undefined>;
  /** Names of damaged files that were put aside. */
  readonly aside: () => Promise<readonly string[]>;
}

const MIB = 1024 * 1024;
const LITTLE_BYTES = 100 * MIB;
const NO_BYTES = 10 * MIB;
const NO_INODES = 1000;
const ROOM = 'Make room there: without it no mapping can be created or changed.';

export function storageChecks({ state_dir, store, roomOf, aside }: StorageParts): readonly Check[] {
  return [
    {
      group: 'store',
      name: state_dir,
      needsRoot: true,
      async run() {
        const room = await roomOf(state_dir);
        if (room === undefined) return [skipped(state_dir, 'it is not there yet: the first start makes it')];
        return [judgeRoom(state_dir, room)];
      },
    },
    {
      group: 'store',
      name: 'records',
      needsRoot: true,
      async run() {
        const routerIds = await store.routers();
        const damages: PraasError[] = [];
        let mappings = 0;
        for (const router_id of routerIds) {
          try {
            mappings += (await store.read(router_id)).mappings.size;
          } catch (error) {
            if (!isPraasError(error)) throw error;
            damages.push(error);
          }
        }
        const readable = `${mappings} mappings of ${routerIds.length - damages.length} routers can be read`;
        return [
          ok('records', readable),
          ...damages.map((error) => failed('records', error)),
          ...judgeAside(await aside()),
        ];
      },
    },
  ];
}

export function judgeRoom(path: string, { freeBytes, freeInodes, allInodes }: Room): Judgement {
  const detail = `${Math.floor(freeBytes / MIB)} MiB free`;
  if (freeBytes < NO_BYTES) return wrong(path, detail, ROOM);
  // Some file systems make inodes as they go, and count none.
  if (allInodes > 0 && freeInodes < NO_INODES) return wrong(path, `${freeInodes} inodes free`, ROOM);
  return freeBytes < LITTLE_BYTES ? warning(path, detail, ROOM) : ok(path, detail);
}

export function judgeAside(names: readonly string[]): readonly Judgement[] {
  if (names.length === 0) return [];
  const next_step = 'Look at what is in them; docs/architecture.md says how to get mappings back. Then remove them.';
  return [warning('damaged files', `put aside: ${names.join(', ')}`, next_step)];
}
