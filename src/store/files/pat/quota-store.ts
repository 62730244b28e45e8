/**
 * The quotas that projects have of their own, in one small file of the state directory that is replaced as a whole. A damaged
 * one is never overwritten. Any number of processes read; writers take turns by the lock beside it.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../../core/clock.ts';
import { Queue } from '../../../core/queue.ts';
import { praasError } from '../../../pat/errors.ts';
import { OwnQuota, ProjectId } from '../../../pat/quota/quota.ts';
import type { QuotaStore } from '../../../pat/quota/quota-store.ts';
import type { Exec } from '../../../system/exec.ts';
import { fingerprint, makePrivateDirectory, readIfThere, writeError } from '../disk.ts';
import { parseJson } from '../json.ts';
import { StateLock } from '../lock.ts';
import { removeLeftovers, replaceFile } from '../replace-file.ts';
import { currentVersion, isStored, type Migration, migrate } from '../versions.ts';

export interface QuotaStoreOptions {
  readonly state_dir: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly lockTimeoutSeconds: number;
  /** What is being run, for whoever waits for the lock meanwhile. */
  readonly command: string;
}

/** The first leads from version 1 to 2, and so on. */
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
  /** What was read last: every creation asks, and the file hardly ever changes. */
  #read: { readonly fingerprint: string; readonly quotas: ByProject } | undefined;

  /** Touches no file. */
  constructor({ state_dir, lockTimeoutSeconds, ...options }: QuotaStoreOptions) {
    this.#path = join(state_dir, 'quotas.json');
    this.#lock = new StateLock({ ...options, path: `${this.#path}.lock`, timeoutSeconds: lockTimeoutSeconds });
  }

  async read(): Promise<ByProject> {
    const now = await fingerprint(this.#path);
    if (this.#read?.fingerprint === now) return this.#read.quotas;
    const content = await readIfThere(this.#path);
    const quotas = content === undefined ? new Map() : parse(content.toString(), this.#path);
    this.#read = { fingerprint: now, quotas };
    return quotas;
  }

  update(project_id: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void> {
    return this.#queue.run(() => this.#locked(() => this.#change(project_id, change)));
  }

  async #change(project_id: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void> {
    await removeLeftovers(dirname(this.#path), basename(this.#path));
    const before = await this.read();
    const quotas = new Map(before);
    const own = change(before.get(project_id));
    if (own === undefined) quotas.delete(project_id);
    else quotas.set(project_id, own);
    await replaceFile(this.#path, Buffer.from(textOf(quotas)));
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

/** Writes nothing that `parse` would refuse. */
function textOf(quotas: ByProject): string {
  const version = currentVersion(MIGRATIONS);
  const entries = [...quotas].map(([project_id, own]) => ({ project_id, ...own }));
  return `${JSON.stringify(Content.parse({ version, quotas: entries }), undefined, 2)}\n`;
}

function parse(text: string, path: string): ByProject {
  const stored = parseJson(text);
  if (stored === undefined) throw praasError('QUOTAS_DAMAGED', { path, reason: 'it is not JSON' });
  const { data, error } = Content.safeParse(isStored(stored) ? migrate(stored, MIGRATIONS, path) : stored);
  if (data) return new Map(data.quotas.map(({ project_id, ...own }) => [project_id, own]));
  const [issue] = error.issues;
  throw praasError('QUOTAS_DAMAGED', { path, reason: [...(issue?.path ?? []), issue?.message].join(': ') });
}
