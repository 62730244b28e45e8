/** How many mappings a project may have, and how many it has. Pure. -1 means unlimited, as in OpenStack. */
import * as z from 'zod';
import { StoredText, Text } from '../../core/values/schemas.ts';
import type { OwnQuota as StoredQuota } from '../interfaces/quota-store.ts';

const UNLIMITED = -1;
const MAX_LIMIT = 1_000_000;
const A_LIMIT = `an integer from 0 to ${MAX_LIMIT}, or ${UNLIMITED} for unlimited`;
const A_PROJECT = 'the ID of a project';

export const Limit = z.int(A_LIMIT).min(UNLIMITED, A_LIMIT).max(MAX_LIMIT, A_LIMIT);
export const ProjectId = Text.min(1, A_PROJECT);
/** Of a quota that is kept: what names it was accepted once. */
export const StoredProjectId = StoredText.min(1, A_PROJECT);

/** Disabled mappings count, because they keep their ports. */
export interface Quota {
  readonly mappings: number;
  /** Mappings on one router, each of which has a port there. */
  readonly ports_per_router: number;
}

/** Parses a stored quota. */
export const OwnQuota = z.strictObject({
  mappings: Limit.exactOptional(),
  ports_per_router: Limit.exactOptional(),
}) satisfies z.ZodType<StoredQuota>;
export type OwnQuota = StoredQuota;

/** How many mappings a project has. */
export interface QuotaUsage {
  readonly mappings: number;
  /** On the router in question. */
  readonly onRouter: number;
}

/** The limit that a request would exceed, as facts of the error. */
interface ExceededQuota {
  readonly what: string;
  readonly limit: number;
  readonly used: number;
}

/** Gives the first limit that `count` more mappings would exceed; undefined when they fit. */
export function exceededLimit(
  quota: Quota,
  { mappings, onRouter }: QuotaUsage,
  count: number,
): ExceededQuota | undefined {
  const limits: readonly ExceededQuota[] = [
    { what: 'mappings', limit: quota.mappings, used: mappings },
    { what: 'ports on one router', limit: quota.ports_per_router, used: onRouter },
  ];
  return limits.find(({ limit, used }) => limit !== UNLIMITED && used + count > limit);
}
