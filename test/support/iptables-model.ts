/**
 * What iptables-restore --noflush does to the tables of a namespace, as text: enough to try a script without a kernel. A
 * script of one table is all or nothing; a line that the real one would refuse throws. Held to the real one by
 * test/kernel/iptables-model.test.ts.
 */
export function restore(saved: readonly string[], script: string): string[] {
  const [head = '', ...rest] = script.split('\n');
  const at = saved.indexOf(head);
  const start = at < 0 ? saved.length : at + 1;
  const next = saved.findIndex((line, index) => index >= start && line.startsWith('*'));
  const end = next < 0 ? saved.length : next;
  const lines = saved.slice(start, end);
  for (const [index, line] of rest.entries()) {
    if (line === '' || line === 'COMMIT') continue;
    if (!applyLine(lines, line)) throw new Error(`line ${index + 2} failed: ${line}`);
  }
  return [...saved.slice(0, start), ...lines, ...saved.slice(end)];
}

function applyLine(lines: string[], line: string): boolean {
  const [verb, chain = '', ...rest] = line.split(' ');
  const declared = lines.some((saved) => saved.startsWith(`:${chain} `));
  if (verb === '-N') {
    if (declared) return false;
    lines.push(`:${chain} - [0:0]`);
    return true;
  }
  const rule = `-A ${[chain, ...rest].join(' ')}`;
  if (!declared) return false;
  if (verb === '-A') return lines.push(rule) > 0;
  const at = lines.indexOf(rule);
  return verb === '-D' && at >= 0 && lines.splice(at, 1).length === 1;
}

/** The same as `iptables-save -c` prints it, with rules that have counted nothing. */
export function counted(saved: readonly string[]): string[] {
  return saved.map((line) => line.replace(/^-A /, '[0:0] -A '));
}

export const EMPTY_NAT: readonly string[] = [
  '*nat',
  ':PREROUTING ACCEPT [0:0]',
  ':INPUT ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  ':POSTROUTING ACCEPT [0:0]',
];

/** What Neutron keeps in a router whose inside interface is in an address scope of its own, as far as praas reads it. */
export const SCOPED: readonly string[] = [
  '*filter',
  ':FORWARD ACCEPT [0:0]',
  ':neutron-l3-agent-scope - [0:0]',
  '-A neutron-l3-agent-scope -o qr-1 -m mark ! --mark 0x4010000/0xffff0000 -j DROP',
  '*mangle',
  ':PREROUTING ACCEPT [0:0]',
  ':neutron-l3-agent-scope - [0:0]',
  '-A neutron-l3-agent-scope -i qg-1 -j MARK --set-xmark 0x4000000/0xffff0000',
];
