/**
 * The quotas of single projects, in one small file of the state directory that is replaced as a whole. A damaged file is never
 * overwritten. Any number of processes read it; writers are serialised by the lock beside it.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../../core/clock.ts';
import { Queue } from '../../../core/queue.ts';
import { parseJson } from '../../../core/values/json.ts';
import { praasError } from '../../../pat/errors.ts';
import { OwnQuota, ProjectId } from '../../../pat/quota/quota.ts';
import type { QuotaStore } from '../../../pat/quota/quota-store.ts';
import { writeError } from '../../../system/disk.ts';
import type { Exec } from '../../../system/exec.ts';
import { fingerprint, makePrivateDirectory, readIfExists } from '../disk.ts';
import { StateLock } from '../lock.ts';
import { removeLeftovers, replaceFile } from '../replace-file.ts';
import { currentVersion, isStoredObject, type Migration, migrate } from '../versions.ts';

interface QuotaStoreOptions {
  readonly stateDir: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly lockTimeoutSeconds: number;
  /** The command that runs, for the message of processes that wait for the lock. */
  readonly command: string;
}

/** The first one migrates version 1 to 2, and so on. */
const MIGRATIONS: readonly Migration[] = [];

const Content = z.strictObject({
  version: z.literal(currentVersion(MIGRATIONS)),
  quotas: z
    .array(OwnQuota.extend({ project_id: ProjectId }))
    .refine((quotas) => new Set(quotas.map(({ project_id }) => project_id)).size === quotas.length, {
      error: 'two quotas are of the same project',
    }),
});

type ByProject = ReadonlyMap<string, OwnQuota>;

export class FileQuotaStore implements QuotaStore {
  readonly #path: string;
  readonly #lock: StateLock;
  readonly #queue = new Queue();
  /** The quotas as last read: each creation needs them, and the file rarely changes. */
  #cache: { readonly fingerprint: string; readonly quotas: ByProject } | undefined;

  /** Touches no file. */
  constructor({ stateDir, lockTimeoutSeconds, ...options }: QuotaStoreOptions) {
    this.#path = join(stateDir, 'quotas.json');
    this.#lock = new StateLock({ ...options, path: `${this.#path}.lock`, timeoutSeconds: lockTimeoutSeconds });
  }

  async read(): Promise<ByProject> {
    const current = await fingerprint(this.#path);
    if (this.#cache?.fingerprint === current) return this.#cache.quotas;
    const content = await readIfExists(this.#path);
    const quotas = content === undefined ? new Map() : parse(content.toString(), this.#path);
    this.#cache = { fingerprint: current, quotas };
    return quotas;
  }

  update(projectId: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void> {
    return this.#queue.run(() => this.#locked(() => this.#change(projectId, change)));
  }

  async #change(projectId: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void> {
    await removeLeftovers(dirname(this.#path), basename(this.#path));
    const before = await this.read();
    const quotas = new Map(before);
    const own = change(before.get(projectId));
    if (own === undefined) quotas.delete(projectId);
    else quotas.set(projectId, own);
    await replaceFile(this.#path, Buffer.from(serialize(quotas)));
  }

  async #locked(work: () => Promise<void>): Promise<void> {
    const directory = dirname(this.#path);
    try {
      await mkdir(dirname(directory), { recursive: true });
      await makePrivateDirectory(directory);
      await this.#lock.acquire();
      await work();
    } catch (error) {
      throw writeError(this.#path, error);
    } finally {
      await this.#lock.release();
    }
  }
}

/** Gives nothing that `parse` would reject. */
function serialize(quotas: ByProject): string {
  const version = currentVersion(MIGRATIONS);
  const entries = [...quotas].map(([project_id, own]) => ({ project_id, ...own }));
  return `${JSON.stringify(Content.parse({ version, quotas: entries }), undefined, 2)}\n`;
}

function parse(text: string, path: string): ByProject {
  const stored = parseJson(text);
  if (stored === undefined) throw praasError('QUOTAS_DAMAGED', { path, reason: 'it is not JSON' });
  const { data, error } = Content.safeParse(isStoredObject(stored) ? migrate(stored, MIGRATIONS, path) : stored);
  if (data) return new Map(data.quotas.map(({ project_id, ...own }) => [project_id, own]));
  const [issue] = error.issues;
  throw praasError('QUOTAS_DAMAGED', { path, reason: [...(issue?.path ?? []), issue?.message].join(': ') });
}
