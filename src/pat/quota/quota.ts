/** How many mappings a project may have, and how much of that it has. Pure. -1 stands for any number, as in OpenStack. */
import * as z from 'zod';
import { Text } from '../../core/values/schemas.ts';

const UNLIMITED = -1;
const MOST = 1_000_000;
const A_LIMIT = `a whole number from 0 to ${MOST}, or ${UNLIMITED} for any number`;
const A_PROJECT = 'the ID of a project';

export const Limit = z.int(A_LIMIT).min(UNLIMITED, A_LIMIT).max(MOST, A_LIMIT);
export const ProjectId = Text.min(1, A_PROJECT);

/** Mappings that are disabled count too: they keep their ports. */
export interface Quota {
  readonly mappings: number;
  /** Mappings on one router, each of which has a port there. */
  readonly ports_per_router: number;
}

/** What a project has of its own; what is left out is the default. */
export const OwnQuota = z.strictObject({ mappings: Limit.exactOptional(), ports_per_router: Limit.exactOptional() });
export type OwnQuota = Readonly<z.infer<typeof OwnQuota>>;

/** What a project has. */
export interface Usage {
  readonly mappings: number;
  /** On the one router that it is about. */
  readonly onRouter: number;
}

/** What would be too much. */
export interface Excess {
  readonly what: string;
  readonly limit: number;
  readonly used: number;
}

/** The first thing of which `count` more would be too many; undefined when they fit. */
export function excessOf(quota: Quota, { mappings, onRouter }: Usage, count: number): Excess | undefined {
  const lines: readonly Excess[] = [
    { what: 'mappings', limit: quota.mappings, used: mappings },
    { what: 'ports on one router', limit: quota.ports_per_router, used: onRouter },
  ];
  return lines.find(({ limit, used }) => limit !== UNLIMITED && used + count > limit);
}
