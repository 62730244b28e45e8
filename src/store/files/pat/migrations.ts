import { isStored, type Migration, type Stored } from '../versions.ts';

/** Version 2 remembers the router's gateway addresses; a line of version 1 has nothing to say of them. */
const withGateways: Migration = (stored) => ('mappings' in stored ? { ...stored, gateways: [] } : stored);

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
