/** The responses of Nova, as far as they are used. */
import * as z from 'zod';
import type { CloudServer } from '../pat/interfaces/cloud.ts';

export const Server = z
  .object({ id: z.string(), name: z.string(), tenant_id: z.string(), status: z.string() })
  .transform(({ id, name, tenant_id, status }): CloudServer => ({ id, name, project_id: tenant_id, status }));

/** A server in a list without details. */
export const ListedServer = z.object({ id: z.string(), name: z.string() });

/** Gives a name filter for exactly that name: Nova matches names as regular expressions of its database. */
export function exactly(name: string): string {
  return `^${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}
