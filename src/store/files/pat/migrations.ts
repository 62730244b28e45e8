import type { EventType } from '../../../pat/mapping/event.ts';
import type { ReasonCode } from '../../../pat/mapping/reasons.ts';
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

/** What older versions said of a mapping that is DOWN, by how the sentence begins. */
const OLD_REASONS: readonly (readonly [string, ReasonCode])[] = [
  ['disabled', 'DISABLED'],
  ['expired at ', 'EXPIRED'],
  ['the router is not on this node', 'ROUTER_ABSENT'],
  ['the router stands by on this node', 'ROUTER_STANDBY'],
  ['the router has no gateway address', 'NO_GATEWAY_ADDRESS'],
];

function codeOf(status_reason: unknown): ReasonCode | null {
  if (typeof status_reason !== 'string' || status_reason === '') return null;
  const known = OLD_REASONS.find(([beginning]) => status_reason.startsWith(beginning));
  if (known) return known[1];
  return status_reason.includes(' is not an address of the router now; ') ? 'GATEWAY_ADDRESS_GONE' : 'SUSPENDED';
}

/** Version 6 has codes with facts where there were sentences, and `suspension` for `hold`. */
function withReasons({ hold, ...mapping }: Stored): Stored {
  return { ...mapping, suspension: suspensionOf(hold), status_code: codeOf(mapping['status_reason']) };
}

function suspensionOf(hold: unknown): Stored | null {
  if (!isStored(hold)) return null;
  const { reason, withdrawn } = hold;
  return { reason: { code: 'SUSPENDED', facts: { reason } }, withdrawn };
}

/** Version 6 calls `pending` what was `unsettled`. */
function withPending({ unsettled, ...stored }: Stored): Stored {
  return unsettled === undefined ? stored : { ...stored, pending: unsettled };
}

const toReasons: Migration = (stored) => withPending(everyMapping(withReasons)(stored));

/** The first leads from version 1 to 2, and so on. */
export const MIGRATIONS: readonly Migration[] = [withGateways, withGroupRules, withHold, withAdopting, toReasons];

/** Events of the versions before 6 have other names for some types, and the mapping as it was then. */
const OLD_TYPES: Readonly<Record<string, EventType>> = { held: 'suspended', released: 'resumed' };

/** Takes a line of the event log as JSON gave it, of any version; gives it as of today. */
export function liftEvent(stored: unknown): unknown {
  if (!isStored(stored)) return stored;
  const { mapping, before, type } = stored;
  if (!isStored(mapping) || 'suspension' in mapping) return stored;
  const { hold, ...past } = isStored(before) ? before : {};
  return {
    ...stored,
    type: OLD_TYPES[String(type)] ?? type,
    mapping: withReasons(mapping),
    before: hold === undefined ? past : { ...past, suspension: suspensionOf(hold) },
  };
}
