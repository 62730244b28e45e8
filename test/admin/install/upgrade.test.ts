import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { planInstall } from '../../../src/admin/install/installation.ts';
import { MONITOR_AGENT, PAT_AGENT } from '../../../src/admin/install/places.ts';
import type { Step } from '../../../src/admin/install/step.ts';
import { planUpgrade } from '../../../src/admin/install/upgrade.ts';
import { errorOf } from '../../support/fake-node.ts';
import { TestSystem } from './support.ts';

let system: TestSystem;
let path: string;
let state_dir: string;
let record: string;
let canRead: boolean;

beforeEach(async () => {
  system = new TestSystem();
  await system.run(await planInstall(system.parts, system.wanted('1'), { starts: true, isPackaged: false }));
  state_dir = system.tree.at('/var/lib/praas');
  record = join(state_dir, 'routers', 'edge.json');
  mkdirSync(join(state_dir, 'routers'));
  mkdirSync(join(state_dir, 'events'));
  writeFileSync(record, 'state of 1');
  path = system.tree.at('/praas-new');
  writeFileSync(path, 'the new one');
  chmodSync(path, 0o755);
  system.commands.length = 0;
  system.services.asked.length = 0;
  canRead = true;
  // What the new executable does when it is called.
  system.answer = async ({ args }) => {
    if (args[0] === 'install') {
      const wanted = system.wanted('2', {
        files: [{ path: system.places.executable, content: { copyOf: path }, mode: 0o755 }],
      });
      await system.run(await planInstall(system.parts, wanted, { starts: false, isPackaged: false }));
    }
    return { exitCode: 0, stdout: args[0] === '--version' ? 'praas/2.0.0 linux-x64 node-v24\n' : '', stderr: '' };
  };
});
afterEach(() => system.remove());

const upgrade = (): Promise<readonly Step[]> =>
  planUpgrade(system.parts, { path, prefix: '/usr/local', state_dir, starts: true, canRead: async () => canRead });

test('the new version is asked what it is, places its files, and its services start', async () => {
  const heard = await system.run(await upgrade());
  expect(heard.lines).toEqual([
    'check that praas 2.0.0 understands the configuration',
    `stop ${PAT_AGENT} and ${MONITOR_AGENT}; rules and connections stay`,
    'keep a copy of the files and the state',
    'place the files of praas 2.0.0 instead of 1',
    `start ${PAT_AGENT} and wait until it is ready: ready`,
    `start ${MONITOR_AGENT} and wait until it is ready: ready`,
  ]);
  expect(await system.tree.read(system.places.executable)).toBe('the new one');
  expect(await system.tree.list(system.places.library)).toEqual(['installed.json']);
  expect(await upgrade()).toEqual([]);
});

test('a version that does not become ready is replaced by the old one, with all its files', async () => {
  const before = system.content();
  const steps = await upgrade();
  system.services.broken.add(PAT_AGENT);
  const start = steps.at(-2) as Step;
  const failing: Step = { ...start, run: () => start.run().finally(() => system.services.broken.clear()) };
  expect(await errorOf(system.run([...steps.slice(0, -2), failing]))).toMatchObject({ code: 'INSTALL_FAILED' });
  expect(system.content()).toEqual(before);
  expect(system.services.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
});

const failAtTheEnd = async (): Promise<void> => {
  const steps = await upgrade();
  const migrate: Step = {
    title: 'migrate and fail',
    run: async () => {
      writeFileSync(record, 'state of 2');
      throw new Error('not ready');
    },
  };
  await errorOf(system.run([...steps, migrate]));
};

test('what the new version has written stays where the old one can read it', async () => {
  await failAtTheEnd();
  expect(readFileSync(record, 'utf8')).toBe('state of 2');
});

test('a state that only the new version understands is put back', async () => {
  canRead = false;
  await failAtTheEnd();
  expect(readFileSync(record, 'utf8')).toBe('state of 1');
});

test('services that did not run are not started', async () => {
  await system.services.stop([MONITOR_AGENT]);
  await system.run(await upgrade());
  expect(system.services.active).toEqual(new Set([PAT_AGENT]));
});

test('what is no praas, or cannot be started, is refused with nothing changed', async () => {
  const before = system.content();
  system.answer = async () => ({ exitCode: 0, stdout: 'ls (GNU coreutils) 9.1', stderr: '' });
  expect(await errorOf(upgrade())).toMatchObject({
    code: 'NOT_A_PRAAS',
    message: expect.stringContaining('coreutils'),
  });
  system.answer = () => Promise.reject(new Error('exec format error'));
  expect((await errorOf(upgrade())).message).toContain('exec format error');
  expect(system.content()).toEqual(before);
  rmSync(path);
  expect((await errorOf(upgrade())).message).toContain('there is no such file');
});

test('where nothing is installed there is nothing to upgrade', async () => {
  await system.tree.remove(system.places.inventory);
  expect(await errorOf(upgrade())).toMatchObject({ code: 'NOT_INSTALLED' });
});
