import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { NetfilterDataplane } from '../../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../../src/netfilter/iptables/backend.ts';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../src/netfilter/nftables/backend.ts';
import { systemTimers } from '../../src/system/clock.ts';
import type { Command, Exec } from '../../src/system/exec.ts';
import { FORWARD } from '../support/samples.ts';

const IPTABLES = 'iptables-save';

function dataplaneOn(exec: Exec, name: string): NetfilterDataplane {
  const namespaces = new Namespaces(exec, '/proc', systemTimers);
  const iptables = new IptablesBackend(namespaces, { waitSeconds: 1, neutronLockPaths: [] });
  const nftables = new NftablesBackend(namespaces);
  return name === 'iptables'
    ? new NetfilterDataplane(namespaces, iptables, nftables)
    : new NetfilterDataplane(namespaces, nftables, iptables);
}

test.each([
  ['iptables', 'nft', IPTABLES],
  ['nftables', IPTABLES, 'nft'],
])('with %s in use, a refusal names its tool also when %s refuses first', async (name, quick, named) => {
  const exec: Exec = async ({ args }) => {
    if (!args.join(' ').includes(quick)) await setTimeout(20);
    return { exitCode: 4, stdout: '', stderr: 'Permission denied (you must be root)' };
  };

  const observation = dataplaneOn(exec, name).observe('version');

  await expect(observation).rejects.toMatchObject({ facts: { what: `${named} in version` } });
});

test.each(['iptables', 'nftables'])('with %s, a process that changes the kernel is killed with praas', async (name) => {
  const commands: Command[] = [];
  const exec: Exec = async (command) => {
    commands.push(command);
    return { exitCode: 0, stdout: '', stderr: '' };
  };

  await dataplaneOn(exec, name).apply('version', { remove: [], add: [FORWARD], missingBaseChains: undefined });

  expect(commands).toMatchObject([{ killOnParentExit: true, input: expect.stringContaining(FORWARD.mapping_id) }]);
});

test.each(['iptables', 'nftables'])(
  'with %s, a nat table that nftables has and iptables does not show is no empty one',
  async (name) => {
    const chain = { family: 'ip', table: 'nat', name: 'custom-PREROUTING', handle: 7 };
    const chains = `${JSON.stringify({ nftables: [{ metainfo: {} }, { chain }] })}\n`;
    const exec: Exec = async ({ args }) => {
      const isNft = args.some((word) => word.includes('list chains'));
      // Without the table of praas, the second of the two listings fails.
      const missing = {
        exitCode: 1,
        stdout: chains,
        stderr: 'Error: No such file or directory\nlist table ip praas\n',
      };
      return isNft ? missing : { exitCode: 0, stdout: '', stderr: '' };
    };

    const observation = dataplaneOn(exec, name).observe('version');

    await expect(observation).rejects.toMatchObject({ code: 'TABLE_UNREADABLE', facts: { table: 'nat' } });
  },
);

describe('a table that is listed and gone when it is read', () => {
  /** A namespace in which nft lists a table of others so many times, and never finds it. */
  function listedTimes(times: number) {
    const reads = { listed: 0, table: 0 };
    const chain = { family: 'inet', table: 'theirs', name: 'pre', hook: 'prerouting', type: 'nat', prio: -100 };
    const exec: Exec = async ({ args }) => {
      const words = args.join(' ');
      if (words.includes('list chains')) {
        const chains = reads.listed++ < times ? [{ chain }] : [];
        const stderr = 'Error: No such file or directory\nlist table ip praas\n';
        return { exitCode: 1, stdout: `${JSON.stringify({ nftables: chains })}\n`, stderr };
      }
      if (!words.includes('inet theirs')) return { exitCode: 0, stdout: '', stderr: '' };
      reads.table += 1;
      return { exitCode: 1, stdout: '', stderr: 'Error: No such file or directory\nlist table inet theirs\n' };
    };
    return { reads, observe: () => dataplaneOn(exec, 'iptables').observe('version') };
  }

  test('is read again, with the list', async () => {
    const { observe, reads } = listedTimes(1);
    expect(await observe()).toMatchObject({ forwards: [], portsInUse: [] });
    expect(reads).toEqual({ listed: 2, table: 1 });
  });

  test('is an error when that goes on', async () => {
    const { observe, reads } = listedTimes(100);
    await expect(observe()).rejects.toMatchObject({ code: 'KERNEL_UNREADABLE' });
    expect(reads).toEqual({ listed: 3, table: 3 });
  });
});
