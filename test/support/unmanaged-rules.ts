/** Unmanaged rules as iptables-save prints them, parsed as the backend parses them. */
import { portsInUse } from '../../src/netfilter/iptables/ports-in-use.ts';
import { parseSavedTable } from '../../src/netfilter/iptables/save.ts';
import { unmanagedRule } from '../../src/netfilter/iptables/unmanaged-rules.ts';
import type { UnmanagedRule } from '../../src/pat/plan/unmanaged-rules.ts';
import type { PortInUse } from '../../src/pat/router/port-in-use.ts';

/** What the Python version of praas writes to publish a port of a server, as iptables-save prints it. */
export function pythonRules(router_port: number, server: string, protocol = 'tcp'): string[] {
  const [server_ip, server_port] = server.split(':');
  return [
    `-A custom-PREROUTING -p ${protocol} -m ${protocol} --dport ${router_port} -j DNAT --to-destination ${server}`,
    `-A custom-POSTROUTING -d ${server_ip}/32 -p ${protocol} -m ${protocol} --dport ${server_port} -j MASQUERADE`,
  ];
}

/** Parses lines of the nat table. */
export function unmanagedOf(...lines: readonly string[]): {
  unmanagedRules: readonly UnmanagedRule[];
  portsInUse: readonly PortInUse[];
} {
  const { rules } = parseSavedTable(`*nat\n${lines.join('\n')}\n`, 'nat');
  return { unmanagedRules: rules.flatMap((rule) => unmanagedRule(rule) ?? []), portsInUse: rules.flatMap(portsInUse) };
}

/** The nat table as the Python version leaves it in a router, with these rules: its jumps are the first. */
export function pythonTable(rules: readonly string[]): string {
  const chains = ['custom-PREROUTING', 'custom-POSTROUTING'];
  const declarations = chains.flatMap((chain) => [`-N ${chain}`, `-I ${chain.replace('custom-', '')} -j ${chain}`]);
  return ['*nat', ...declarations, ...rules, 'COMMIT', ''].join('\n');
}
