/** Whether a router is known at all, so that an empty list can be told from a typing error. */
import { ROOT } from '../../core/identity/requester.ts';
import { isPraasError } from '../errors.ts';
import type { Pat, Routers } from './api.ts';

interface Services {
  readonly pat: Pick<Pat, 'list'>;
  readonly routers: Pick<Routers, 'show'>;
}

/** False when no mapping is stored for the router and it is not on the node. A router that cannot be read now may be known. */
export async function isKnownRouter({ pat, routers }: Services, routerId: string): Promise<boolean> {
  if ((await pat.list({ router_id: routerId }, ROOT)).mappings.length > 0) return true;
  try {
    await routers.show(routerId, ROOT);
    return true;
  } catch (error) {
    return !isPraasError(error, 'ROUTER_NOT_FOUND');
  }
}
