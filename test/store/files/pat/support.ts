/** What the store's tests share: a fresh directory, a mapping, a store, a real process that writes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { parseJson } from '../../../../src/core/values/json.ts';
import type { Mapping } from '../../../../src/pat/mapping/mapping.ts';
import type { RouterRecord } from '../../../../src/pat/mapping/record.ts';
import { FileStore, type FileStoreOptions } from '../../../../src/store/files/pat/file-store.ts';
import { seal } from '../../../../src/store/files/seal.ts';
import { createExec } from '../../../../src/system/exec.ts';
import { fatMapping, idOf } from './fixtures/mappings.ts';

export const ROUTER = 'r1';
export const NOW = new Date('2030-01-31T12:00:00Z');
export const exec = createExec(60_000, process.env);

/** A directory with nothing in it, and what takes it away again. */
export function freshDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'praas-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function openStore(state_dir: string, options: Partial<FileStoreOptions> = {}): FileStore {
  const clock = { now: () => NOW };
  const log = { warn: () => undefined };
  const defaults = { exec, clock, log, lockTimeoutSeconds: 30, command: 'praas test' };
  return new FileStore({ stateDir: state_dir, ...defaults, ...options });
}

/** Mapping number `n`, always with the same id. */
export function mapping(n: number, changes: Partial<Mapping> = {}): Mapping {
  return { ...fatMapping(n, ROUTER, 0), ...changes };
}

export { idOf };

/** A record as a value that can be compared; the order of mappings means nothing to toEqual. */
export function comparable({ mappings, ...rest }: RouterRecord): object {
  return { ...rest, mappings: Object.fromEntries(mappings) };
}

export function snapshotPath(state_dir: string, router_id = ROUTER): string {
  return join(state_dir, 'routers', `${router_id}.json`);
}

export function journalPath(state_dir: string, router_id = ROUTER): string {
  return join(state_dir, 'routers', `${router_id}.journal`);
}

/** Seals each line that is an object anew. */
export function resealed(text: string): string {
  const isObject = (line: string): boolean => parseJson(line)?.constructor === Object;
  return text
    .split('\n')
    .map((line) => (isObject(line) ? seal(line) : line))
    .join('\n');
}

/** The text of a file as it was before there were checksums. */
export function withoutSeals(text: string): string {
  return text.replaceAll(/,"crc32":"[0-9a-f]{8}"/g, '');
}

/** Commits mappings of these numbers, each in a transaction of its own. */
export async function commitEach(store: FileStore, numbers: readonly number[], padding = 0): Promise<void> {
  for (const n of numbers) {
    await store.transaction(ROUTER, (transaction) => transaction.commit({ put: [fatMapping(n, ROUTER, padding)] }));
  }
}

/** fixtures/writer.ts as one file, which starts in half of the time: a test starts a hundred of them. It is made once. */
function writerIn(directory: string): string {
  const outfile = join(directory, 'writer.mjs');
  if (existsSync(outfile)) return outfile;
  const require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({
    entryPoints: [join(import.meta.dirname, 'fixtures', 'writer.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: require },
  });
  return outfile;
}

/** A process of its own that writes, and every line that it has said so far. */
export class Writer {
  readonly said: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #wake: () => void = () => undefined;

  /** See fixtures/writer.ts for the modes. */
  constructor(mode: string, state_dir: string, first: number, count: number) {
    this.#child = spawn(
      process.execPath,
      [writerIn(state_dir), mode, state_dir, ROUTER, String(first), String(count)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines = createInterface({ input: this.#child.stdout ?? process.stdin });
    lines.on('line', (line) => {
      this.said.push(line);
      this.#wake();
    });
    const exited = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    const read = new Promise<void>((resolve) => lines.once('close', () => resolve()));
    this.#ended = Promise.all([exited, read]).then(([code]) => code);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it has said so many lines, or has ended. */
  async lines(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#wake = () => {
        if (this.said.length >= count) resolve();
      };
      this.#wake();
    });
    await Promise.race([enough, this.#ended]);
  }

  /** Its exit code; null when it was killed. Everything that it said is in `said` then. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  kill(): Promise<number | null> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }
}
