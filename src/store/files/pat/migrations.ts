/** The migrations of records and events: what versions before the current one stored, in the form of the next one. */

import { isObject } from '../../../core/values/json.ts';
import type { EventType } from '../../../pat/mapping/event.ts';
import type { KnownCode } from '../../../pat/mapping/reasons.ts';
import type { Migration, StoredObject } from '../versions.ts';

/** Version 2 stores the gateway addresses of the router; a line of version 1 does not change them. */
const withGateways: Migration = (stored) => ('mappings' in stored ? { ...stored, gateways: [] } : stored);

/** Gives a migration that changes each mapping: a snapshot has them in `mappings`, a line in `put`. */
export function everyMapping(change: (mapping: StoredObject) => StoredObject): Migration {
  return (stored) => {
    const migrated: Record<string, unknown> = { ...stored };
    for (const field of ['mappings', 'put']) {
      const mappings = migrated[field];
      if (Array.isArray(mappings))
        migrated[field] = mappings.map((mapping) => (isObject(mapping) ? change(mapping) : mapping));
    }
    return migrated;
  };
}

/** Version 3 stores the security group rules of a mapping; there were none before. */
const withGroupRules = everyMapping((mapping) => ({ ...mapping, security_group_rule_ids: [] }));

/** Version 4 stores the suspension of a mapping by the monitor. */
const withHold = everyMapping((mapping) => ({ ...mapping, hold: null }));

/** Version 5 stores the rules that an unfinished import has still to replace. */
const withAdopting: Migration = (stored) => ('mappings' in stored ? { ...stored, adopting: [] } : stored);

/** The status reasons of older versions, by the beginning of their sentence. */
const OLD_REASONS: readonly (readonly [string, KnownCode])[] = [
  ['disabled', 'DISABLED'],
  ['expired at ', 'EXPIRED'],
  ['the router is not on this node', 'ROUTER_ABSENT'],
  ['the router stands by on this node', 'ROUTER_STANDBY'],
  ['the router has no gateway address', 'NO_GATEWAY_ADDRESS'],
];

function codeOf(statusReason: unknown): KnownCode | null {
  if (typeof statusReason !== 'string' || statusReason === '') return null;
  const known = OLD_REASONS.find(([beginning]) => statusReason.startsWith(beginning));
  if (known) return known[1];
  return statusReason.includes(' is not an address of the router now; ') ? 'GATEWAY_ADDRESS_GONE' : 'SUSPENDED';
}

/** Version 6 stores codes with facts instead of sentences, and `suspension` instead of `hold`. */
function withReasons({ hold, ...mapping }: StoredObject): StoredObject {
  return { ...mapping, suspension: suspensionOf(hold), status_code: codeOf(mapping['status_reason']) };
}

/** Version 7 stores whether security groups follow a mapping. Of an older one it is known only where it has added rules. */
function withFollowing(mapping: StoredObject): StoredObject {
  if ('open_security_group' in mapping) return mapping;
  const ruleIds = mapping['security_group_rule_ids'];
  return { ...mapping, open_security_group: Array.isArray(ruleIds) && ruleIds.length > 0 };
}

function suspensionOf(hold: unknown): StoredObject | null {
  if (!isObject(hold)) return null;
  const { reason, withdrawn } = hold;
  return { reason: { code: 'SUSPENDED', facts: { reason } }, rules_removed: withdrawn };
}

/** Version 6 stores `pending` instead of `unsettled`. */
function withPending({ unsettled, ...stored }: StoredObject): StoredObject {
  return unsettled === undefined ? stored : { ...stored, pending: unsettled };
}

const toReasons: Migration = (stored) => withPending(everyMapping(withReasons)(stored));

/** Version 7 has a checksum (seal.ts), too, and a journal is never empty. */
export const FIRST_SEALED = 7;
const toFollowing: Migration = everyMapping(withFollowing);

/** The first one migrates version 1 to 2, and so on. */
export const MIGRATIONS: readonly Migration[] = [
  withGateways,
  withGroupRules,
  withHold,
  withAdopting,
  toReasons,
  toFollowing,
];

/** The names of event types before version 6. */
export const OLD_TYPES: Readonly<Record<string, EventType>> = { held: 'suspended', released: 'resumed' };

/**
 * True for a parsed line of the event log that was written with a checksum: both came with the field. A line has no number of its
 * version.
 */
export function isSealedEvent(stored: unknown): boolean {
  const mapping = isObject(stored) ? stored['mapping'] : undefined;
  return isObject(mapping) && 'open_security_group' in mapping;
}

/** Takes a parsed line of the event log, of any version; gives it in the current version. */
export function migrateEvent(stored: unknown): unknown {
  if (!isObject(stored)) return stored;
  const { mapping, before, type } = stored;
  if (!isObject(mapping)) return stored;
  if ('reason_code' in stored) return { ...stored, mapping: withFollowing(mapping) };
  const { hold, ...past } = isObject(before) ? before : {};
  return {
    ...stored,
    type: OLD_TYPES[String(type)] ?? type,
    reason_code: null,
    mapping: withFollowing(withReasons(mapping)),
    before: {
      ...past,
      ...(hold !== undefined && { suspension: suspensionOf(hold) }),
      ...('status' in past && { status_code: codeOf(past['status_reason']) }),
    },
  };
}
