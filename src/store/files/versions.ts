/** Migrations of stored files: an older version is migrated when it is read, and stored in the new one when it is written next. */
import { praasError } from '../../core/errors/errors.ts';

/** A stored object of any version. */
export type StoredObject = Readonly<Record<string, unknown>>;

/** Gives version n+1 of an object of version n, but for the field `version`. Must not change its argument. */
export type Migration = (stored: StoredObject) => StoredObject;

/** Gives the version that is written, by the number of migrations. */
export function currentVersion(migrations: readonly Migration[]): number {
  return migrations.length + 1;
}

/**
 * Gives an object that was read from `path`, migrated to the current version. An object without a version is given as it is. Throws
 * STORE_TOO_NEW.
 */
export function migrate(stored: StoredObject, migrations: readonly Migration[], path: string): StoredObject {
  const known = currentVersion(migrations);
  const { version } = stored;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return stored;
  if (version > known) throw praasError('STORE_TOO_NEW', { path, version, known });
  const migrated = migrations.slice(version - 1).reduce((older, migration) => migration(older), stored);
  return { ...migrated, version: known };
}
