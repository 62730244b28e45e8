/**
 * How older files become what this praas knows. Snapshots and journal lines carry the version they were written in; each
 * is lifted when it is read, and written in the new version when it is written next. Nothing is rewritten for its own sake.
 */
import { praasError } from '../pat/errors.ts';

/** A snapshot or a journal line, of any version: a snapshot has its mappings in `mappings`, a line in `put`. */
export type Stored = Readonly<Record<string, unknown>>;

export function isStored(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Makes version n+1 of version n; `version` itself is not its business. Must not change what it is given. */
export type Migration = (stored: Stored) => Stored;

/** Version 2 remembers the router's gateway addresses; a line of version 1 has nothing to say of them. */
const withGateways: Migration = (stored) => ('mappings' in stored ? { ...stored, gateways: [] } : stored);

/** The version that is written when these are all the migrations there are. */
export function currentVersion(migrations: readonly Migration[]): number {
  return migrations.length + 1;
}

/** Gives a migration that changes every mapping, in snapshots and lines alike. */
export function everyMapping(change: (mapping: Stored) => Stored): Migration {
  return (stored) => {
    const lifted: Record<string, unknown> = { ...stored };
    for (const field of ['mappings', 'put']) {
      const mappings = lifted[field];
      if (Array.isArray(mappings))
        lifted[field] = mappings.map((mapping) => (isStored(mapping) ? change(mapping) : mapping));
    }
    return lifted;
  };
}

/** Version 3 remembers which rules of security groups go with a mapping; none was ever added before. */
const withGroupRules = everyMapping((mapping) => ({ ...mapping, security_group_rule_ids: [] }));

/** Version 4 remembers what the monitor found against a mapping. */
const withHold = everyMapping((mapping) => ({ ...mapping, hold: null }));

/** Version 5 remembers which rules of others are being taken over. */
const withAdopting: Migration = (stored) => ('mappings' in stored ? { ...stored, adopting: [] } : stored);

/** The first leads from version 1 to 2, and so on. */
export const MIGRATIONS: readonly Migration[] = [withGateways, withGroupRules, withHold, withAdopting];

/** Gives the current version of what was read from `path`. Throws STORE_TOO_NEW; what has no version stays as it is. */
export function migrate(stored: Stored, migrations: readonly Migration[], path: string): Stored {
  const known = currentVersion(migrations);
  const { version } = stored;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return stored;
  if (version > known) throw praasError('STORE_TOO_NEW', { path, version, known });
  const lifted = migrations.slice(version - 1).reduce((older, migration) => migration(older), stored);
  return { ...lifted, version: known };
}
