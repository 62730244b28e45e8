/** Processes that listen in a namespace: a mapping on their port would take their traffic. */
import { isIpv4 } from '../core/values/ipv4.ts';
import type { PortInUse } from '../pat/router/port-in-use.ts';
import { toolFailed } from '../system/tool-errors.ts';
import type { Namespaces } from './namespace.ts';

/** Reads the listening sockets of a namespace. Throws ROUTER_NOT_FOUND, TOOL_FAILED, TOOL_MISSING. */
export async function readListeners(namespaces: Namespaces, namespace: string): Promise<PortInUse[]> {
  const result = await namespaces.run(namespace, { file: 'ss', args: ['-Hltun'] });
  if (result.exitCode !== 0) throw toolFailed('ss -ltun', result);
  return parseListeners(result.stdout);
}

/** Takes the output of `ss -Hltun`. IPv6 sockets count only where they accept IPv4 traffic too (`*`, `[::]`). */
export function parseListeners(output: string): PortInUse[] {
  return output.split('\n').flatMap((line) => {
    const [protocol, , , , local = ''] = line.trim().split(/\s+/);
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    const colon = local.lastIndexOf(':');
    const cidr = listenedNetwork(local.slice(0, colon).replace(/%.*$/, ''));
    const port = Number(local.slice(colon + 1));
    return cidr === undefined ? [] : [{ protocol, cidr, first: port, last: port, kind: 'listener', text: local }];
  });
}

function listenedNetwork(address: string): string | undefined {
  if (address === '*' || address === '0.0.0.0' || address === '[::]') return '0.0.0.0/0';
  return isIpv4(address) ? `${address}/32` : undefined;
}
