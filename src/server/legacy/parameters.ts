/**
 * What the Proxy CLI says, all of it in the query string. What is not named here is ignored, as it always was; what is named
 * comes exactly once: of two values nobody could say which was meant.
 */
import * as z from 'zod';
import { Ipv4, Port } from '../../core/values/schemas.ts';
import { RouterId } from '../../pat/mapping/mapping.ts';
import { routerIdOf } from '../../pat/router/facts.ts';

const A_PORT = 'a whole number from 1 to 65535';
const PortText = z
  .string(A_PORT)
  .regex(/^[1-9]\d{0,4}$/, A_PORT)
  .transform(Number)
  .refine((port) => Port.safeParse(port).success, A_PORT);

/** The name of a namespace, as the id of its router. */
const Router = RouterId.transform(routerIdOf);

/** A port of a server, on one address of its router. */
export interface LegacyTarget {
  readonly router_id: string;
  readonly gateway_ip: string;
  readonly server_ip: string;
  readonly server_port: number;
}

export const OfRouter = z.object({ router_id: Router });
export const OfServer = z.object({ router_id: Router, server_ip: Ipv4 });

const Server = { server_ip: Ipv4, router_id: Router, gateway: Ipv4 };

export const ToCreate = z
  .object({ ...Server, create_server_port: PortText })
  .transform(({ gateway, create_server_port, ...rest }) => placeOf(rest, gateway, create_server_port));

export const ToRemove = z
  .object({ ...Server, remove_server_port: PortText })
  .transform(({ gateway, remove_server_port, ...rest }) => placeOf(rest, gateway, remove_server_port));

export const ToModify = z
  .object({ ...Server, modify_server_port: PortText, modify_router_port: PortText })
  .transform(({ gateway, modify_server_port, modify_router_port, ...rest }) => ({
    place: placeOf(rest, gateway, modify_server_port),
    router_port: modify_router_port,
  }));

function placeOf(
  { router_id, server_ip }: { readonly router_id: string; readonly server_ip: string },
  gateway_ip: string,
  server_port: number,
): LegacyTarget {
  return { router_id, gateway_ip, server_ip, server_port };
}
