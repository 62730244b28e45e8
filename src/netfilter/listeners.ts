/** Programs that listen in a namespace: publishing their port would take their callers away. */
import { isIpv4 } from '../core/values/ipv4.ts';
import { praasError } from '../pat/errors.ts';
import type { PortInUse } from '../pat/router/port-in-use.ts';
import type { Namespaces } from './namespace.ts';

/** Reads the listening sockets of a namespace. Throws ROUTER_NOT_FOUND, TOOL_FAILED. */
export async function readListeners(namespaces: Namespaces, namespace: string): Promise<PortInUse[]> {
  const { exitCode, stdout, stderr } = await namespaces.run(namespace, { file: 'ss', args: ['-Hltun'] });
  if (exitCode !== 0)
    throw praasError('TOOL_FAILED', { command: 'ss -ltun', exit_code: exitCode, output: stderr.trim() });
  return parseListeners(stdout);
}

/** Takes the output of `ss -Hltun`; sockets of IPv6 only count where they take IPv4 callers too (`*`, `[::]`). */
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
