import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { NetfilterDataplane } from '../../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../../src/netfilter/iptables/backend.ts';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../src/netfilter/nftables/backend.ts';
import type { Exec } from '../../src/system/exec.ts';

const IPTABLES = 'iptables-save';

test.each([
  ['iptables', 'nft', IPTABLES],
  ['nftables', IPTABLES, 'nft'],
])('with %s in use, a refusal names its tool also when %s refuses first', async (name, quick, named) => {
  const exec: Exec = async ({ args }) => {
    if (!args.includes(quick)) await setTimeout(20);
    return { exitCode: 4, stdout: '', stderr: 'Permission denied (you must be root)' };
  };
  const namespaces = new Namespaces(exec, '/dev');
  const iptables = new IptablesBackend(namespaces, { waitSeconds: 1, neutron_lock_path: [] });
  const nftables = new NftablesBackend(namespaces);
  const dataplane =
    name === 'iptables'
      ? new NetfilterDataplane(namespaces, iptables, nftables)
      : new NetfilterDataplane(namespaces, nftables, iptables);

  await expect(dataplane.observe('null')).rejects.toMatchObject({ facts: { what: `${named} in null` } });
});
