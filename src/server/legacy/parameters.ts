/**
 * The parameters of the legacy API, all of them in the query string. Other parameters are ignored, as they always were. A
 * parameter that comes twice is refused, because it has no single value.
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

/** Takes the name of a namespace, gives the ID of its router. */
const Router = RouterId.transform(routerIdOf);

/** A port of a server, and the gateway address on which it is published. */
export interface LegacyTarget {
  readonly router_id: string;
  readonly gateway_ip: string;
  readonly server_ip: string;
  readonly server_port: number;
}

export const RouterParameters = z.object({ router_id: Router });
export const ServerParameters = z.object({ router_id: Router, server_ip: Ipv4 });

const Server = { server_ip: Ipv4, router_id: Router, gateway: Ipv4 };

export const CreateParameters = z
  .object({ ...Server, create_server_port: PortText })
  .transform(({ gateway, create_server_port, ...rest }) => targetOf(rest, gateway, create_server_port));

export const RemoveParameters = z
  .object({ ...Server, remove_server_port: PortText })
  .transform(({ gateway, remove_server_port, ...rest }) => targetOf(rest, gateway, remove_server_port));

export const ModifyParameters = z
  .object({ ...Server, modify_server_port: PortText, modify_router_port: PortText })
  .transform(({ gateway, modify_server_port, modify_router_port, ...rest }) => ({
    target: targetOf(rest, gateway, modify_server_port),
    router_port: modify_router_port,
  }));

function targetOf(
  { router_id, server_ip }: { readonly router_id: string; readonly server_ip: string },
  gatewayIp: string,
  serverPort: number,
): LegacyTarget {
  return { router_id, gateway_ip: gatewayIp, server_ip, server_port: serverPort };
}
