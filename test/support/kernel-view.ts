/** What the kernel holds of praas, read with other eyes than those of src: iptables-save and nft as text. */
import { expect } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { Shell } from './executable.ts';
import type { TestWorld } from './world.ts';

const IPTABLES_RULE =
  /^-A custom-PREROUTING (?:-s (?<source>\S+) )?-d (?<gateway>[\d.]+)\/32 -p (?<protocol>tcp|udp) .*--dport (?<port>\d+) .*"praas:(?<id>[0-9a-f-]+)".* --to-destination (?<server>[\d.]+:\d+)$/gm;
const NFTABLES_ELEMENT =
  /(?<protocol>tcp|udp) \. (?<gateway>[\d.]+) \. (?<port>\d+)(?: \. (?<source>[\d./]+))?(?: counter packets \d+ bytes \d+)? comment "praas:(?<id>[0-9a-f-]+)" : (?<server>[\d.]+ \. \d+)/g;

/** Everything in the router's kernel, ours or not, without counters. */
export async function kernelOf(world: TestWorld): Promise<string> {
  const rules = await world.run('iptables-save', []);
  return bareRules(`${rules}\n${await world.run('nft', ['--stateless', 'list', 'ruleset'])}`);
}

/** Without what changes by itself: iptables-save writes the time into its comments, and counts packets. */
export function bareRules(saved: string): string {
  return saved.replaceAll(/^# .*$/gm, '').replaceAll(/\[\d+:\d+\]/g, '[]');
}

/** One line for each forward in the kernel: `id protocol gateway:port from source to server`, sorted. */
export async function forwardsInKernel(world: Pick<TestWorld, 'run'>, backend: BackendName): Promise<string[]> {
  const [pattern, text] =
    backend === 'iptables'
      ? [IPTABLES_RULE, await world.run('iptables-save', ['-t', 'nat'])]
      : [NFTABLES_ELEMENT, await world.run('nft', ['list', 'table', 'ip', 'praas'])];
  return [...text.matchAll(pattern)].map(({ groups = {} }) => lineOf(groups)).toSorted();
}

function lineOf(found: Readonly<Record<string, string | undefined>>): string {
  const source = found['source']?.replace(/\/32$/, '') ?? 'anywhere';
  const server = found['server']?.replace(' . ', ':');
  return `${found['id']} ${found['protocol']} ${found['gateway']}:${found['port']} from ${source} to ${server}`;
}

/** The same lines for what the store says, through `praas pat list --json`. */
export async function forwardsInStore(shell: Shell): Promise<string[]> {
  return forwardsOf(await shell.json<Mapping[]>('pat', 'list'));
}

/** The same lines for these mappings. */
export function forwardsOf(mappings: readonly Mapping[]): string[] {
  return mappings
    .filter(({ enabled }) => enabled)
    .flatMap(({ id, protocol, gateway_ip, router_port, allowed_cidrs, server_ip, server_port }) =>
      (allowed_cidrs.length > 0 ? allowed_cidrs : ['anywhere']).map(
        (source) =>
          `${id} ${protocol} ${gateway_ip}:${router_port} from ${source.replace(/\/32$/, '')} to ${server_ip}:${server_port}`,
      ),
    )
    .toSorted();
}

/** Fails the test unless the kernel holds exactly what is stored. Gives the lines. */
export async function expectKernelEqualsStore(shell: Shell, world: TestWorld, backend: BackendName): Promise<string[]> {
  const stored = await forwardsInStore(shell);
  expect(await forwardsInKernel(world, backend)).toEqual(stored);
  return stored;
}
