/** The quotas of single projects, in one small file of the state directory. */
import { join } from 'node:path';
import * as z from 'zod';
import { praasError } from '../../../pat/errors.ts';
import type { QuotaStore } from '../../../pat/interfaces/quota-store.ts';
import { OwnQuota, StoredProjectId } from '../../../pat/quota/quota.ts';
import { currentVersion, type Migration } from '../versions.ts';
import { WholeFile, type WholeFileOptions } from '../whole-file.ts';
import { createStateDirectory } from './layout.ts';

interface QuotaStoreOptions extends WholeFileOptions {
  readonly stateDir: string;
}

/** The first one migrates version 1 to 2, and so on. Version 2 has a checksum (seal.ts). */
const MIGRATIONS: readonly Migration[] = [(stored) => stored];

const Content = z.strictObject({
  version: z.literal(currentVersion(MIGRATIONS)),
  quotas: z
    .array(OwnQuota.extend({ project_id: StoredProjectId }))
    .refine((quotas) => new Set(quotas.map(({ project_id }) => project_id)).size === quotas.length, {
      error: 'of different projects',
    }),
});

type Content = z.infer<typeof Content>;

type ByProject = ReadonlyMap<string, OwnQuota>;

export class FileQuotaStore implements QuotaStore {
  readonly #file: WholeFile<Content>;
  /** The quotas as last read: each creation needs them, and the file rarely changes. */
  #cache: { readonly fingerprint: string; readonly quotas: ByProject } | undefined;

  /** Touches no file. */
  constructor({ stateDir, ...options }: QuotaStoreOptions) {
    const path = join(stateDir, 'quotas.json');
    const damaged = (reason: string): Error => praasError('QUOTAS_DAMAGED', { path, reason });
    this.#file = new WholeFile(
      { path, schema: Content, migrations: MIGRATIONS, sealedSince: 2, damaged },
      options,
      createStateDirectory,
    );
  }

  async read(): Promise<ByProject> {
    const fingerprint = await this.#file.fingerprint();
    if (this.#cache?.fingerprint === fingerprint) return this.#cache.quotas;
    const quotas = byProject(await this.#file.read());
    this.#cache = { fingerprint, quotas };
    return quotas;
  }

  update(projectId: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void> {
    return this.#file.update((before) => {
      const quotas = new Map(byProject(before));
      const own = change(quotas.get(projectId));
      if (own === undefined) quotas.delete(projectId);
      else quotas.set(projectId, own);
      const entries = [...quotas].map(([project_id, each]) => ({ project_id, ...each }));
      return { content: { version: currentVersion(MIGRATIONS), quotas: entries }, value: undefined };
    });
  }
}

function byProject(content: Content | undefined): ByProject {
  return new Map(content?.quotas.map(({ project_id, ...own }) => [project_id, own]));
}
