/** Rules of others as iptables-save prints them, read as the backend reads them. */
import { claimsOf } from '../../src/netfilter/iptables/claims.ts';
import { foreignRule } from '../../src/netfilter/iptables/foreign.ts';
import { parseSavedTable } from '../../src/netfilter/iptables/save.ts';
import type { ForeignRule } from '../../src/pat/plan/unmanaged-rules.ts';
import type { Claim } from '../../src/pat/router/port-in-use.ts';

/** What the Python version of praas writes to publish a port of a server, as iptables-save prints it. */
export function pythonRules(router_port: number, server: string, protocol = 'tcp'): string[] {
  const [server_ip, server_port] = server.split(':');
  return [
    `-A custom-PREROUTING -p ${protocol} -m ${protocol} --dport ${router_port} -j DNAT --to-destination ${server}`,
    `-A custom-POSTROUTING -d ${server_ip}/32 -p ${protocol} -m ${protocol} --dport ${server_port} -j MASQUERADE`,
  ];
}

export function foreignOf(...lines: readonly string[]): { foreign: readonly ForeignRule[]; claims: readonly Claim[] } {
  const { rules } = parseSavedTable(`*nat\n${lines.join('\n')}\n`, 'nat');
  return { foreign: rules.flatMap((rule) => foreignRule(rule) ?? []), claims: rules.flatMap(claimsOf) };
}

/** The nat table as the Python version leaves it in a router, with these rules: its jumps are the first. */
export function pythonTable(rules: readonly string[]): string {
  const chains = ['custom-PREROUTING', 'custom-POSTROUTING'];
  const frame = chains.flatMap((chain) => [`-N ${chain}`, `-I ${chain.replace('custom-', '')} -j ${chain}`]);
  return ['*nat', ...frame, ...rules, 'COMMIT', ''].join('\n');
}
