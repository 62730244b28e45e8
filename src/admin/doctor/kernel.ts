/**
 * What the kernel can do. It is tried in a network namespace that is made for one program and ends with it: nothing of this
 * node is touched.
 */
import type { Exec } from '../../system/exec.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, wrong } from './report.ts';
import { isOlder } from './tools.ts';

export interface KernelParts {
  readonly exec: Exec;
  readonly backend: 'iptables' | 'nftables';
  /** As `uname -r` says it. */
  readonly release: string;
}

/** Maps of concatenations with prefixes: Linux 5.6; what praas does with them: 5.11. */
const OLDEST_FOR_NFTABLES = [5, 11];
const UPGRADE = 'Boot a kernel that can, or load its module; containers have the kernel of their host.';

const NAT = `*nat
-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 4000 -m comment --comment praas -j DNAT --to-destination 10.0.0.1:22
-A POSTROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 22 -m conntrack --ctstate DNAT -j MASQUERADE
COMMIT
`;
const MAP = `table ip praas {
  map forwards { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    dnat to ip daddr . ip protocol . th dport map @forwards
  }
}
`;

export function kernelChecks({ exec, backend, release }: KernelParts): readonly Check[] {
  const apart = (file: string, args: readonly string[], input?: string) =>
    exec({ file: 'unshare', args: ['--net', '--', file, ...args], ...(input !== undefined && { input }) });
  const tried = (name: string, work: () => ReturnType<Exec>): Check => ({
    group: 'kernel',
    name,
    needsRoot: true,
    async run() {
      const { exitCode, stderr } = await work();
      return [exitCode === 0 ? ok(name, 'it works') : wrong(name, firstLine(stderr), UPGRADE)];
    },
  });
  const rules =
    backend === 'iptables'
      ? tried('NAT by iptables', () => apart('iptables-restore', ['--noflush'], NAT))
      : tried('NAT by nftables', () => apart('nft', ['-f', '-'], MAP));
  return [
    { group: 'kernel', name: 'Linux', run: async () => [judgeRelease(release, backend)] },
    rules,
    tried('connection table', () => apart('conntrack', ['--dump'])),
  ];
}

export function judgeRelease(release: string, backend: KernelParts['backend']): Judgement {
  const version = release.split('.').map((part) => Number.parseInt(part, 10));
  if (backend === 'nftables' && isOlder(version, OLDEST_FOR_NFTABLES)) {
    const needed = `${OLDEST_FOR_NFTABLES.join('.')} or later is needed for backend = nftables`;
    return wrong('Linux', `${release}; ${needed}`, 'Boot a newer kernel, or set backend = iptables.');
  }
  return ok('Linux', release);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] || 'it failed without a word';
}
