/**
 * Lists of OpenStack's services, page by page to their end: half a list must never look like a whole one. How long a page
 * is stays the service's business: asking for a length makes Neutron sort, which costs more than it saves.
 */
import * as z from 'zod';
import { type PraasError, praasError } from '../core/errors/errors.ts';
import type { Service, Session } from './session.ts';

const MOST_PAGES = 1000;

const Links = z.array(z.object({ rel: z.string(), href: z.string() })).optional();

export interface Listing<T> {
  readonly service: Service;
  readonly path: string;
  /** The key of the list in the answer, such as `ports`. */
  readonly key: string;
  readonly schema: z.ZodType<T>;
  readonly query?: readonly (readonly [string, string])[];
}

/** Gives all of it. Throws as Session.ask does. */
export async function listAll<T>(
  session: Session,
  { service, path, key, schema, query = [] }: Listing<T>,
): Promise<T[]> {
  const Page = z.object({ [key]: z.array(schema), [`${key}_links`]: Links });
  const all: T[] = [];
  let wanted = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]));
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await session.ask(service, { path, query: wanted }, Page);
    if (page === undefined) throw absent(service, path, pages);
    all.push(...(page[key] as T[]));
    const next = (page[`${key}_links`] as z.infer<typeof Links>)?.find(({ rel }) => rel === 'next');
    if (next === undefined) return all;
    // Only its query is taken: behind a proxy the address in it names the machine behind.
    const following = URL.parse(next.href, 'http://service')?.searchParams;
    if (following === undefined || following.toString() === wanted.toString()) break;
    wanted = following;
  }
  throw praasError('CLOUD_BAD_RESPONSE', { service, reason: `the pages of ${path} have no end` });
}

/** A page begins behind the last of the page before, and that one may just have been deleted. */
function absent(service: Service, path: string, pages: number): PraasError {
  return pages === 0
    ? praasError('CLOUD_BAD_RESPONSE', { service, reason: `it has no ${path}` })
    : praasError('CLOUD_UNAVAILABLE', { service, reason: `${path} changed while it was read` });
}
