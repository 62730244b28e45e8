// The machine says no: not root, programs that are not installed, a kernel that refuses, a disk that is full. Each is said
// clearly, and nothing is half done.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { printedError } from '../support/error-facts.ts';
import { contentOf, machineWithout, type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore, kernelOf } from '../support/kernel-view.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let shell: Shell;
  let first: Mapping;

  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    shell = testShell({ backend });
    first = await shell.json(...create());
  });
  afterAll(async () => {
    shell?.remove();
    await world?.remove();
  });

  const create = (...more: string[]): string[] => [
    'pat',
    'create',
    '--router',
    world.router_id,
    '--server-ip',
    '10.20.0.51',
    '--port',
    '80',
    ...more,
  ];
  const everything = async () => ({
    kernel: await kernelOf(world),
    state: contentOf(join(shell.state_dir, 'routers')),
  });

  /** Runs it in these circumstances: it fails with that text and changes nothing. */
  const expectRefused = async (where: Shell, words: readonly string[], text: string | RegExp): Promise<void> => {
    const before = await everything();
    const ended = await where.run(...words);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    if (typeof text === 'string') expect(ended.stderr).toBe(text);
    else expect(ended.stderr).toMatch(text);
    expect(await everything()).toEqual(before);
  };

  test('only root changes or reads anything', async () => {
    chmodSync(shell.directory, 0o755);
    const nobody = shell.with({ wrapper: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] });
    for (const words of [
      create(),
      ['pat', 'update', first.id, '--name', 'x'],
      ['pat', 'delete', first.id],
      ['router', 'list'],
      ['router', 'show', world.router_id],
      ['router', 'sync', world.router_id],
    ]) {
      const what = `praas ${words[0]} ${words[1]}`;
      await expectRefused(nobody, words, printedError('NOT_PERMITTED', { what }));
    }
    for (const words of [
      ['pat', 'list'],
      ['pat', 'show', first.id],
    ]) {
      const what = `reading ${join(shell.state_dir, 'routers')}`;
      await expectRefused(nobody, words, printedError('NOT_PERMITTED', { what }));
    }
  });

  const rules = backend === 'iptables' ? ['iptables-save', 'iptables-restore'] : ['nft'];
  const missing: [string, string[], string][] = [
    [backend === 'iptables' ? 'iptables-save' : 'nft', rules, backend],
    ['conntrack', ['conntrack'], 'conntrack'],
    ['ip', ['ip'], 'iproute2'],
    ['ss', ['ss'], 'iproute2'],
    ['flock', ['flock'], 'util-linux'],
    ['nsenter', ['nsenter'], 'util-linux'],
  ];

  test.each(missing)('without %s it says which package to install', async (tool, tools, debian) => {
    const poor = shell.with({ wrapper: machineWithout(shell.directory, ...tools) });
    const text = printedError('TOOL_MISSING', { tool, package: debian });
    await expectRefused(poor, create(), text);
    // Deleting needs no list of listening processes.
    if (tool !== 'ss') await expectRefused(poor, ['pat', 'delete', first.id], text);
    await expectRefused(poor, ['pat', 'update', first.id, '--router-port', '4090'], text);
  });

  test('the program of the other backend is not needed', async () => {
    const tools = backend === 'iptables' ? ['nft'] : ['iptables-save', 'iptables-restore', 'iptables'];
    const poor = shell.with({ wrapper: machineWithout(shell.directory, ...tools) });
    const { id } = await poor.json(...create());
    await expectKernelEqualsStore(shell, world, backend);
    await poor.ok('pat', 'delete', id);
  });

  test('a root without the right to change the network gets NOT_PERMITTED', async () => {
    const weak = shell.with({ wrapper: ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'] });
    const tool = backend === 'iptables' ? 'iptables' : 'nft';
    const text = new RegExp(`^${printedError('NOT_PERMITTED', { what: `${tool}\\S* in \\S+` })}$`);
    await expectRefused(weak, create(), text);
    await expectRefused(weak, ['pat', 'delete', first.id], text);
  });

  test('what the kernel refuses is shown with the refused line; rules that vanish meanwhile come back', async () => {
    const [tool, change, flush] =
      backend === 'iptables'
        ? ['iptables-restore', '--noflush*', 'iptables -t nat -F custom-PREROUTING']
        : ['nft', '-f*', '/usr/sbin/nft flush map ip praas open'];
    const real = `/usr/sbin/${tool} "$@"`;
    const bin = join(shell.directory, 'bin');
    const marker = join(shell.directory, 'armed');
    mkdirSync(bin, { recursive: true });
    const sabotage = (words: string): void => {
      const script = `#!/bin/sh\ncase "$*" in ${change}) [ -f ${marker} ] && ${words};; esac\nexec ${real}\n`;
      writeFileSync(join(bin, tool), script, { mode: 0o755 });
      writeFileSync(marker, '');
    };
    const troubled = shell.with({ env: { PRAAS_PROGRAMS_PATH: `${bin}:${process.env['PATH']}` } });
    const changes = [
      ['pat', 'update', first.id, '--router-port', '4091'],
      ['pat', 'delete', first.id],
    ];

    sabotage(`{ sed 's/custom-PREROUTING/nowhere/; s/ip praas/ip nowhere/' | ${real}; exit; }`);
    for (const words of changes) {
      const refused = /^Error: the kernel refused .*\n {2}line \d+: (-D|delete).*\n[\s\S]*--dry-run.*\n$/;
      await expectRefused(troubled, words, refused);
      await expectKernelEqualsStore(shell, world, backend);
    }

    // Our rules are removed between the look and the change: what is to be deleted is not there, and one more look helps.
    for (const words of changes) {
      sabotage(`rm ${marker} && ${flush}`);
      await troubled.ok(...words);
      await expectKernelEqualsStore(shell, world, backend);
    }
    first = await shell.json(...create());
  });

  test('a full disk: refused, nothing changed, what is there goes on working; with room again it works', async () => {
    const state_dir = join(shell.directory, 'tiny');
    mkdirSync(state_dir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state_dir]);
    try {
      await shell.ok('pat', 'delete', first.id);
      const tiny = shell.with({ env: { PRAAS_STATE_DIR: state_dir } });
      const kept = await tiny.json(...create());
      const filler = join(state_dir, 'filler');
      const { bavail, bsize } = statfsSync(state_dir);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
      let ended = await tiny.run(...create('--json'));
      const made = [kept];
      for (; ended.code === 0; ended = await tiny.run(...create('--json'))) made.push(JSON.parse(ended.stdout));

      const before = { kernel: await kernelOf(world), state: contentOf(join(state_dir, 'routers')) };
      const refused = await tiny.run(...create());
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      const text = printedError('STORE_FULL', { path: '.*tiny/routers/\\S+' });
      expect(refused.stderr).toMatch(new RegExp(`^${text}`));
      expect((await tiny.run('pat', 'update', kept.id, '--description', 'x'.repeat(255))).code).toBe(1);
      expect({ kernel: await kernelOf(world), state: contentOf(join(state_dir, 'routers')) }).toEqual(before);
      expect(await tiny.json<Mapping[]>('pat', 'list')).toHaveLength(made.length);
      await expectKernelEqualsStore(tiny, world, backend);

      rmSync(filler);
      made.push(await tiny.json(...create()));
      expect(await expectKernelEqualsStore(tiny, world, backend)).toHaveLength(made.length);
      await tiny.ok('pat', 'delete', ...made.map(({ id }) => id));
    } finally {
      execFileSync('umount', [state_dir]);
    }
  });
});
