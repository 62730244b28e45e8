/**
 * What iptables-restore --noflush does to a nat table, as text: enough to try a script without a kernel. All or nothing;
 * a line that the real one would refuse throws. Held to the real one by test/kernel/iptables-model.test.ts.
 */
export function restore(saved: readonly string[], script: string): string[] {
  const lines = [...saved];
  for (const [index, line] of script.split('\n').entries()) {
    if (line === '' || line === '*nat' || line === 'COMMIT') continue;
    if (!applyLine(lines, line)) throw new Error(`line ${index + 1} failed: ${line}`);
  }
  return lines;
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
