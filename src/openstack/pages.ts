/**
 * Lists of OpenStack's services, page by page to their end: a part of a list must never look like the whole one. The service
 * chooses the length of a page: requesting a length makes Neutron sort, which costs more than it saves.
 */
import * as z from 'zod';
import { type PraasError, praasError } from '../core/errors/errors.ts';
import type { ServiceType } from './clouds/cloud-config.ts';
import type { Session } from './session.ts';

const MAX_PAGES = 1000;

const Links = z.array(z.object({ rel: z.string(), href: z.string() })).optional();

export interface Listing<T> {
  readonly service: ServiceType;
  readonly path: string;
  /** The key of the list in the response, such as `ports`. */
  readonly key: string;
  readonly schema: z.ZodType<T>;
  readonly query?: readonly (readonly [string, string])[];
}

/** Gives all items. Throws as Session.request does. */
export async function listAll<T>(
  session: Session,
  { service, path, key, schema, query = [] }: Listing<T>,
): Promise<T[]> {
  const Page = z.object({ [key]: z.array(schema), [`${key}_links`]: Links });
  const all: T[] = [];
  let current = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]));
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await session.request(service, { path, query: current }, Page);
    if (page === undefined) throw missingPage(service, path, pages);
    all.push(...(page[key] as T[]));
    const next = (page[`${key}_links`] as z.infer<typeof Links>)?.find(({ rel }) => rel === 'next');
    if (next === undefined) return all;
    // Only the query is used: behind a proxy, the address in the link is that of the machine behind it.
    const following = URL.parse(next.href, 'http://service')?.searchParams;
    if (following === undefined || following.toString() === current.toString()) break;
    current = following;
  }
  throw praasError('CLOUD_BAD_RESPONSE', { service, reason: `pagination of ${path} does not end` });
}

/** A page starts after the last item of the one before, and that item may just have been deleted. */
function missingPage(service: ServiceType, path: string, pages: number): PraasError {
  return pages === 0
    ? praasError('CLOUD_BAD_RESPONSE', { service, reason: `${path} not found` })
    : praasError('CLOUD_UNAVAILABLE', { service, reason: `${path} changed while it was read` });
}
