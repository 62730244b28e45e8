import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { planInstall } from '../../../src/admin/install/installation.ts';
import { MONITOR_AGENT, PAT_AGENT } from '../../../src/admin/install/paths.ts';
import type { Step } from '../../../src/admin/install/step.ts';
import { planUpgrade } from '../../../src/admin/install/upgrade.ts';
import { errorOf } from '../../support/fake-node.ts';
import { TestSystem } from './support.ts';

let system: TestSystem;
let path: string;
let stateDirectory: string;
let record: string;
let canReadState: boolean;

beforeEach(async () => {
  system = new TestSystem();
  await system.run(await planInstall(system.parts, system.desired('1'), { isStartRequested: true, isPackaged: false }));
  stateDirectory = system.tree.at('/var/lib/praas');
  record = join(stateDirectory, 'routers', 'edge.json');
  mkdirSync(join(stateDirectory, 'routers'));
  mkdirSync(join(stateDirectory, 'events'));
  writeFileSync(record, 'state of 1');
  path = system.tree.at('/praas-new');
  writeFileSync(path, 'the new one');
  chmodSync(path, 0o755);
  system.commands.length = 0;
  system.systemd.requests.length = 0;
  canReadState = true;
  // What the new executable does when it is called.
  system.answer = async ({ args }) => {
    if (args[0] === 'install') {
      const desired = system.desired('2', {
        files: [{ path: system.paths.executable, content: { copyOf: path }, mode: 0o755 }],
      });
      await system.run(await planInstall(system.parts, desired, { isStartRequested: false, isPackaged: false }));
    }
    return { exitCode: 0, stdout: args[0] === '--version' ? 'praas/2.0.0 linux-x64 node-v24\n' : '', stderr: '' };
  };
});
afterEach(() => system.remove());

const upgrade = (): Promise<readonly Step[]> =>
  planUpgrade(system.parts, {
    path,
    prefix: '/usr/local',
    stateDirectory,
    isStartRequested: true,
    canReadState: async () => canReadState,
  });

test('the new version checks the configuration and installs its files while the services are stopped', async () => {
  const lines = await system.run(await upgrade());
  expect(lines).toHaveLength(6);
  expect(system.commands.map(({ file, args }) => [file, args[0]])).toEqual([
    [path, '--version'],
    [path, 'config'],
    [path, 'install'],
  ]);
  expect(system.systemd.requests).toEqual([
    `stop ${PAT_AGENT} ${MONITOR_AGENT}`,
    'reload',
    `restart ${PAT_AGENT}`,
    `restart ${MONITOR_AGENT}`,
  ]);
  expect(await system.tree.read(system.paths.executable)).toBe('the new one');
  expect(readdirSync(system.tree.at(system.paths.library))).toEqual(['installed.json']);
  expect(await upgrade()).toEqual([]);
});

test('when the new version does not become ready, the files of the old one are restored', async () => {
  const before = system.content();
  const steps = await upgrade();
  system.systemd.broken.add(PAT_AGENT);
  const start = steps.at(-2) as Step;
  const failing: Step = { ...start, run: () => start.run().finally(() => system.systemd.broken.clear()) };
  expect(await errorOf(system.run([...steps.slice(0, -2), failing]))).toMatchObject({ code: 'INSTALL_FAILED' });
  expect(system.content()).toEqual(before);
  expect(system.systemd.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
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

test('a state that the old version can read stays as the new one has written it', async () => {
  await failAtTheEnd();
  expect(readFileSync(record, 'utf8')).toBe('state of 2');
});

test('a state that only the new version can read is restored', async () => {
  canReadState = false;
  await failAtTheEnd();
  expect(readFileSync(record, 'utf8')).toBe('state of 1');
});

test('services that did not run are not started', async () => {
  await system.systemd.stop([MONITOR_AGENT]);
  await system.run(await upgrade());
  expect(system.systemd.active).toEqual(new Set([PAT_AGENT]));
});

test('a file that is no praas, or cannot be started, is refused with nothing changed', async () => {
  const before = system.content();
  system.answer = async () => ({ exitCode: 0, stdout: 'ls (GNU coreutils) 9.1', stderr: '' });
  const refusal = (reason: string): object => ({
    code: 'NOT_A_PRAAS',
    facts: { path, reason: expect.stringContaining(reason) },
  });
  expect(await errorOf(upgrade())).toMatchObject(refusal('coreutils'));
  system.answer = () => Promise.reject(new Error('exec format error'));
  expect(await errorOf(upgrade())).toMatchObject(refusal('exec format error'));
  expect(system.content()).toEqual(before);
  rmSync(path);
  expect(await errorOf(upgrade())).toMatchObject(refusal('no such file'));
});

test('an upgrade needs an installation', async () => {
  await system.tree.remove(system.paths.inventory);
  expect(await errorOf(upgrade())).toMatchObject({ code: 'NOT_INSTALLED' });
});
