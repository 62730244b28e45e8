/** How older files become what this praas knows: each is lifted when it is read, and written in the new version when it is written next. */
import { praasError } from '../../core/errors/errors.ts';

/** A snapshot or a journal line, of any version: a snapshot has its mappings in `mappings`, a line in `put`. */
export type Stored = Readonly<Record<string, unknown>>;

export function isStored(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Makes version n+1 of version n; `version` itself is not its business. Must not change what it is given. */
export type Migration = (stored: Stored) => Stored;

/** The version that is written when these are all the migrations there are. */
export function currentVersion(migrations: readonly Migration[]): number {
  return migrations.length + 1;
}

/** Gives the current version of what was read from `path`. Throws STORE_TOO_NEW; what has no version stays as it is. */
export function migrate(stored: Stored, migrations: readonly Migration[], path: string): Stored {
  const known = currentVersion(migrations);
  const { version } = stored;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return stored;
  if (version > known) throw praasError('STORE_TOO_NEW', { path, version, known });
  const lifted = migrations.slice(version - 1).reduce((older, migration) => migration(older), stored);
  return { ...lifted, version: known };
}
