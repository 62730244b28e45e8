// --dry-run shows what would be handed to the kernel, and changes nothing: neither the kernel nor a byte of the state.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { contentOf, type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore, kernelOf } from '../support/kernel-view.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const ANY_ID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let shell: Shell;
  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    shell = testShell({ backend });
  });
  afterAll(async () => {
    shell?.remove();
    await world?.remove();
  });

  const everything = async () => ({ kernel: await kernelOf(world), state: contentOf(shell.state_dir) });

  /** Runs it dry, checks that nothing changed, gives the script. */
  const dryRun = async (...words: string[]): Promise<string> => {
    const before = await everything();
    const script = await shell.ok(...words, '--dry-run');
    expect(await everything()).toEqual(before);
    return script;
  };

  /** Hands a script to the kernel, without praas. */
  const applyByHand = (script: string): Promise<string> =>
    backend === 'iptables'
      ? world.run('iptables-restore', ['--noflush'], script)
      : world.run('nft', ['-f', '-'], script);

  test('what create, update and delete show is what they then do, line for line', async () => {
    const words = [
      'pat',
      'create',
      '-r',
      world.router_id,
      '--server-ip',
      '10.20.0.51',
      '-p',
      '80',
      '--masquerade',
      'always',
    ];
    const allowed = ['--allow', '192.0.2.7', '--allow', '198.51.100.0/24'];
    const empty = await kernelOf(world);

    const shown = await dryRun(...words, ...allowed);
    expect(contentOf(shell.state_dir)).toBe('none');
    const { id } = await shell.json(...words, ...allowed);
    const created = await kernelOf(world);
    const update = ['pat', 'update', id, '--router-port', '4010', '--clear-allow', '--masquerade', 'never'];
    const shownUpdate = await dryRun(...update);
    await shell.ok(...update);
    const updated = await kernelOf(world);
    const shownDelete = await dryRun('pat', 'delete', id);
    await shell.ok('pat', 'delete', id);
    const deleted = await kernelOf(world);

    // By hand, from where praas began: the same scripts lead through the same rulesets.
    expect(empty).not.toBe(created);
    await shell.ok('router', 'sync', world.router_id);
    await removeFrame();
    expect(await kernelOf(world)).toBe(empty);
    await applyByHand(shown.replaceAll(ANY_ID, id));
    expect(await kernelOf(world)).toBe(created);
    await applyByHand(shownUpdate);
    expect(await kernelOf(world)).toBe(updated);
    await applyByHand(shownDelete);
    expect(await kernelOf(world)).toBe(deleted);
  });

  /** What praas leaves in an empty router: its chains and jumps, or its table. */
  const removeFrame = (): Promise<string> =>
    backend === 'iptables'
      ? world.run(
          'iptables-restore',
          ['--noflush'],
          '*nat\n-D PREROUTING -j custom-PREROUTING\n-D POSTROUTING -j custom-POSTROUTING\n-X custom-PREROUTING\n-X custom-POSTROUTING\nCOMMIT\n',
        )
      : world.run('nft', ['delete', 'table', 'ip', 'praas']);

  test('a change that needs no rule is reported as such', async () => {
    const { id } = await shell.json('pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80');
    expect(await dryRun('pat', 'update', id, '--name', 'x')).toBe('No rules would change.\n');
    expect(await dryRun('router', 'sync', world.router_id)).toBe('No rules would change.\n');
    await shell.ok('pat', 'delete', id);
  });

  test('for programs it is the mapping and the script, in the format asked for', async () => {
    const words = ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80'];
    const { id } = await shell.json(...words);
    const update = ['pat', 'update', id, '--router-port', '4077'];

    const script = await dryRun(...update);
    const preview = { mapping: { id, router_port: 4077, status: 'PENDING' }, script };
    for (const format of [['-f', 'json'], ['-f', 'yaml'], ['--json']]) {
      expect(load(await dryRun(...update, ...format))).toMatchObject(preview);
    }
    expect(JSON.parse(await dryRun(...update, '-f', 'json'))).toMatchObject(preview);
    expect(load(await dryRun(...words, '-f', 'yaml'))).toMatchObject({ mapping: { server_port: 80 } });
    expect(await dryRun(...update, '-f', 'csv')).toBe(script);
    await shell.ok('pat', 'delete', id);
  });

  test('delete --all --dry-run asks nothing and shows everything', async () => {
    const words = ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p'];
    const made = [await shell.json(...words, '80'), await shell.json(...words, '81')];
    const script = await dryRun('pat', 'delete', '--router', world.router_id, '--all');
    for (const { router_port } of made) expect(script).toContain(` ${router_port}`);
    await expectKernelEqualsStore(shell, world, backend);
    await shell.ok('pat', 'delete', '--router', world.router_id, '--all', '--yes');
    expect(await shell.json<Mapping[]>('pat', 'list')).toEqual([]);
  });

  test('sync --dry-run shows the repair of what was removed', async () => {
    const { id } = await shell.json('pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80');
    const whole = await kernelOf(world);
    if (backend === 'iptables') await world.run('iptables', ['-t', 'nat', '-F', 'custom-PREROUTING']);
    else await world.run('nft', ['flush', 'map', 'ip', 'praas', 'open']);
    const script = await dryRun('router', 'sync', world.router_id);
    expect(script).toContain(id);
    await applyByHand(script);
    expect(await kernelOf(world)).toBe(whole);
    expect(await shell.json('router', 'sync', world.router_id)).toMatchObject({ added: 0, removed: 0 });
    await shell.ok('pat', 'delete', id);
  });

  test('what would be refused is refused dry as well', async () => {
    const { router_port } = await shell.json(
      'pat',
      'create',
      '-r',
      world.router_id,
      '--server-ip',
      '10.20.0.51',
      '-p',
      '80',
    );
    const words = ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80', '--dry-run'];
    const { code, stdout } = await shell.run(...words, '--router-port', String(router_port), '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'PORT_TAKEN' } }]);
  });
});
