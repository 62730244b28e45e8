/**
 * What the kernel supports, and how full its connection table is. Rules are tried in a network namespace that exists only for
 * one program: nothing on this node is changed.
 */
import { levelOf, type Usage, usageText } from '../../core/values/usage.ts';
import type { Exec } from '../../system/exec.ts';
import { failed, type Judgement, ok, skipped, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';
import { isOlder } from './tools.ts';

interface KernelCheckParts {
  readonly exec: Exec;
  readonly backend: 'iptables' | 'nftables';
  /** The output of `uname -r`. */
  readonly release: string;
  /** Entries in the connection table of the node itself; undefined where the kernel tracks no connections. */
  readonly connectionTable: () => Promise<Usage | undefined>;
}

/** Maps of concatenations with prefixes: Linux 5.6; what praas does with them: 5.11. */
const MIN_RELEASE_NFTABLES = [5, 11];
const LOAD = 'Load the missing kernel module, or boot a kernel that has it; a container uses the kernel of its host.';
const CONNECTION_TABLE = 'connection table';

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

export function kernelChecks({ exec, backend, release, connectionTable }: KernelCheckParts): readonly DoctorCheck[] {
  const attempt = (name: string, file: string, args: readonly string[], input?: string): DoctorCheck => ({
    group: 'kernel',
    name,
    needsRoot: true,
    async run() {
      const inNamespace = ['--net', '--', file, ...args];
      const { exitCode, stderr } = await exec({
        file: 'unshare',
        args: inNamespace,
        ...(input !== undefined && { input }),
      });
      return [exitCode === 0 ? ok(name, 'works') : failed(name, firstLine(stderr), LOAD)];
    },
  });
  return [
    { group: 'kernel', name: 'Linux', run: async () => [judgeRelease(release, backend)] },
    backend === 'iptables'
      ? attempt('NAT with iptables', 'iptables-restore', ['--noflush'], NAT)
      : attempt('NAT with nftables', 'nft', ['-f', '-'], MAP),
    attempt('connection tracking', 'conntrack', ['--dump']),
    {
      group: 'kernel',
      name: CONNECTION_TABLE,
      run: async () => [judgeConnectionTable(CONNECTION_TABLE, await connectionTable())],
    },
  ];
}

export function judgeRelease(release: string, backend: KernelCheckParts['backend']): Judgement {
  const version = release.split('.').map((part) => Number.parseInt(part, 10));
  if (backend === 'nftables' && isOlder(version, MIN_RELEASE_NFTABLES)) {
    const requirement = `backend = nftables requires ${MIN_RELEASE_NFTABLES.join('.')} or later`;
    return failed('Linux', `${release}; ${requirement}`, 'Boot a newer kernel, or set backend = iptables.');
  }
  return ok('Linux', release);
}

/**
 * Judges the usage of one connection table. Each network namespace has its own count, and the limit of the node applies to each
 * of them; in a full table the kernel drops the first packet of a new connection. `list` is the command that shows the entries.
 */
export function judgeConnectionTable(check: string, usage: Usage | undefined, list = 'conntrack -L'): Judgement {
  if (usage === undefined) return skipped(check, 'the kernel tracks no connections');
  const entries = usageText(usage, 'entries');
  const nextStep = `Raise net.netfilter.nf_conntrack_max with sysctl, or run \`${list}\` to see where the connections come from.`;
  switch (levelOf(usage)) {
    case 'critical':
      return failed(check, `nearly full: ${entries}; new connections are dropped once it is full`, nextStep);
    case 'high':
      return warning(check, `filling up: ${entries}`, nextStep);
    default:
      return ok(check, entries);
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] || 'failed without a message';
}
