// A damaged state file, and a state directory that is not the router's own: praas stops instead of guessing, overwrites
// nothing, and leaves the rules in the kernel as they are.
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { printedError, sampleOf } from '../support/error-facts.ts';
import { type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore, kernelOf } from '../support/kernel-view.ts';
import { expectOpen, type TestWorld, testWorld } from '../support/world.ts';

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let shell: Shell;
  let mapping: Mapping;

  beforeEach(async () => {
    world = await testWorld({ router: 'neutron' });
    await world.web.listen({ protocol: 'tcp', port: 80 });
    shell = testShell({ backend });
    mapping = await shell.json(...create());
  });
  afterEach(async () => {
    shell?.remove();
    await world?.remove();
  });

  const create = (): string[] => ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80'];
  const expectStillOpen = (): Promise<void> =>
    expectOpen(
      world.client,
      { protocol: 'tcp', address: world.gateway, port: mapping.router_port },
      'web sees 203.0.113.2',
    );
  const routers = (): string => join(shell.state_dir, 'routers');
  const damagedText = (path: string, aside: string): RegExp =>
    new RegExp(printedError('STORE_DAMAGED', { path, reason: '.*', aside }));

  test('a damaged file is set aside and named, the rules stay, putting a good copy back is all it takes', async () => {
    const [name = ''] = readdirSync(routers());
    const path = join(routers(), name);
    const copy = join(shell.directory, 'copy');
    copyFileSync(path, copy);
    const damaged = Buffer.concat([readFileSync(path).subarray(0, 40), Buffer.from('\0\0\0\0 no JSON\n{}\n')]);
    writeFileSync(path, damaged);
    const kernel = await kernelOf(world);

    // Reading says it and moves nothing; the first change sets it aside, and every later one says it again.
    const listed = await shell.run('pat', 'list');
    expect(listed.code).toBe(1);
    const { message } = sampleOf('STORE_DAMAGED', { path, reason: '.*', aside: undefined });
    expect(listed.stderr).toMatch(new RegExp(`^Warning: ${message}`));
    expect(readdirSync(routers())).toEqual([name]);

    const refused = await shell.run(...create());
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    const [aside = '', ...others] = readdirSync(routers());
    expect(others).toEqual([]);
    expect(aside).toMatch(/\.damaged-\d{8}T\d{6}Z$/);
    expect(readFileSync(join(routers(), aside))).toEqual(damaged);
    expect(refused.stderr).toMatch(damagedText(path, join(routers(), aside)));
    for (const words of [create(), ['pat', 'update', mapping.id, '--disable'], ['pat', 'delete', mapping.id]]) {
      const again = await shell.run(...words);
      expect(again).toMatchObject({ code: 1, stdout: '' });
      expect(again.stderr).toMatch(damagedText(path, join(routers(), aside)));
    }
    expect((await shell.run('router', 'sync', world.router_id)).code).toBe(1);
    expect(await kernelOf(world)).toBe(kernel);
    await expectStillOpen();

    copyFileSync(copy, path);
    expect(await shell.json('pat', 'show', mapping.id)).toEqual(mapping);
    expect((await shell.json(...create())).router_port).toBe(mapping.router_port + 1);
    await expectKernelEqualsStore(shell, world, backend);
    expect(readdirSync(routers())).toContain(aside);
    await expectStillOpen();
  });

  test('one damaged router keeps no other from working', async () => {
    const other = await testWorld({ router: 'plain' });
    const [name = ''] = readdirSync(routers());
    writeFileSync(join(routers(), name), 'no JSON\nno JSON\n');
    try {
      const words = ['pat', 'create', '-r', other.router_id, '--server-ip', '10.20.0.51', '-p', '80'];
      const { id } = await shell.json(...words);
      const listed = await shell.run('pat', 'list', '--json');
      expect(JSON.parse(listed.stdout)).toMatchObject([{ id }]);
      expect(listed.code).toBe(1);
      // On standard error, because standard output has the list.
      expect(JSON.parse(listed.stderr)).toMatchObject({
        error: { code: 'STORE_DAMAGED', facts: { path: join(routers(), name) } },
      });
      expect(await shell.run('pat', 'list', '-f', 'json')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Warning: state file .* is damaged/),
      });
      await shell.ok('pat', 'delete', id);
    } finally {
      await other.remove();
    }
  });

  test('an empty state directory on a router with rules of praas is refused; --force has them removed', async () => {
    const other = testShell({ backend });
    try {
      const kernel = await kernelOf(world);
      const facts = { router: world.router_id, count: 1, state_dir: other.state_dir };
      const stderr = printedError('UNKNOWN_RULES', facts);
      for (const words of [create(), ['router', 'sync', world.router_id], [...create(), '--dry-run']]) {
        expect(await other.run(...words)).toEqual({ code: 1, stdout: '', stderr });
        expect(await kernelOf(world)).toBe(kernel);
      }
      await expectStillOpen();

      const mine = await other.json(...create(), '--force');
      expect(await expectKernelEqualsStore(other, world, backend)).toHaveLength(1);
      expect(mine.id).not.toBe(mapping.id);
    } finally {
      other.remove();
    }
  });

  test('without its state directory a router keeps its rules, unless --force is given', async () => {
    rmSync(shell.state_dir, { recursive: true });
    const facts = { router: world.router_id, count: 1, state_dir: shell.state_dir };
    expect((await shell.run('router', 'sync', world.router_id)).stderr).toBe(printedError('UNKNOWN_RULES', facts));
    await expectStillOpen();
    expect(await shell.json('router', 'sync', world.router_id, '--force')).toMatchObject({ removed: 1 });
    expect(await expectKernelEqualsStore(shell, world, backend)).toEqual([]);
  });
});
