/** The real Dataplane, both backends. */
import type { BackendName } from '../../src/netfilter/backend.ts';
import { NetfilterDataplane } from '../../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../../src/netfilter/iptables/backend.ts';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../src/netfilter/nftables/backend.ts';
import { systemTimers } from '../../src/system/clock.ts';
import { createExec } from '../../src/system/exec.ts';

export const BACKENDS: readonly BackendName[] = ['iptables', 'nftables'];

const TIMEOUT_MS = 30_000;

/** A Dataplane on this machine's namespaces. */
export function realDataplane(
  backend: BackendName,
  neutronLockPaths: readonly string[] = [],
  waitSeconds = 10,
  env = process.env,
  directory = '/run/netns',
): NetfilterDataplane {
  const namespaces = new Namespaces(createExec(TIMEOUT_MS, env), directory, systemTimers);
  const iptables = new IptablesBackend(namespaces, { waitSeconds, neutronLockPaths });
  const nftables = new NftablesBackend(namespaces);
  return backend === 'iptables'
    ? new NetfilterDataplane(namespaces, iptables, nftables)
    : new NetfilterDataplane(namespaces, nftables, iptables);
}
