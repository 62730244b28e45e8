import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Namespaces, type RouterKind } from '../../src/netfilter/namespace.ts';
import { systemTimers } from '../../src/system/clock.ts';
import { createExec, type Exec } from '../../src/system/exec.ts';

const UUID = '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11';
let directory: string;
let namespaces: Namespaces;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'praas-namespaces-'));
  namespaces = new Namespaces(createExec(10_000, process.env), directory, systemTimers);
  for (const name of ['edge', `qrouter-${UUID}`, 'west']) await writeFile(join(directory, name), '');
});
afterEach(() => rm(directory, { recursive: true }));

const ENTER = { file: 'true', args: [] };
const notEntered = (reason: string) => ({ exitCode: 1, stdout: '', stderr: `nsenter: ${reason}\n` });

test('a name without a mounted namespace may be a router full of open ports: it cannot be entered, and is not gone', async () => {
  const reason = "reassociate to namespace 'ns/net' failed: Invalid argument";
  await expect(namespaces.run('edge', ENTER)).rejects.toMatchObject({
    code: 'NAMESPACE_UNREADABLE',
    facts: { path: join(directory, 'edge'), reason },
  });
  expect(await namespaces.routers()).toContain('edge');
});

test('a name that vanishes while a program is started is a router that is gone', async () => {
  const vanishing: Exec = async () => {
    await rm(join(directory, 'edge'), { force: true });
    return notEntered("reassociate to namespace 'ns/net' failed: Invalid argument");
  };
  await expect(new Namespaces(vanishing, directory, systemTimers).run('edge', ENTER)).rejects.toMatchObject({
    code: 'ROUTER_NOT_FOUND',
    facts: { router: 'edge', known: [`qrouter-${UUID}`, 'west'] },
  });
  await expect(namespaces.run('nowhere', ENTER)).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
});

test.each([
  'reassociate to namespaces failed: Invalid argument',
  'cannot open /run/netns/edge: No such file or directory',
])('a namespace that is mounted while a program is started is entered: %s', async (reason) => {
  const done = { exitCode: 0, stdout: 'in', stderr: '' };
  const results = [notEntered(reason), done];
  const created: Exec = async () => results.shift() ?? done;
  expect(await new Namespaces(created, directory, systemTimers).run('edge', ENTER)).toBe(done);
});

test.each([
  "reassociate to namespace 'ns/net' failed: Operation not permitted",
  'cannot open /run/netns/edge: Permission denied',
  'cannot open /run/netns/edge: Too many open files',
  'something that no version has printed before',
])('a namespace that cannot be entered is an error, and is not tried again: %s', async (reason) => {
  let runs = 0;
  const refusing: Exec = async () => {
    runs += 1;
    return notEntered(reason);
  };
  await expect(new Namespaces(refusing, directory, systemTimers).run('edge', ENTER)).rejects.toMatchObject({
    code: 'NAMESPACE_UNREADABLE',
    facts: { path: join(directory, 'edge'), reason },
  });
  expect(runs).toBe(1);
});

test.each([
  [127, 'failed to execute nft: No such file or directory', 'TOOL_MISSING'],
  [126, 'failed to execute nft: Permission denied', 'TOOL_FAILED'],
])('a program that cannot be started, exit code %s, says nothing of the namespace', async (exitCode, reason, code) => {
  const refusing: Exec = async () => ({ ...notEntered(reason), exitCode });
  await expect(
    new Namespaces(refusing, directory, systemTimers).run('edge', { file: 'nft', args: [] }),
  ).rejects.toMatchObject({ code });
});

test('only a missing name is a router that is not there: names that cannot be looked up are an error', async () => {
  await expect(namespaces.resolve('x'.repeat(300))).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
  await symlink('loop', join(directory, 'loop'));
  for (const [name, reason] of [
    ['loop', 'ELOOP'],
    ['west', 'ENOTDIR'],
  ] as const) {
    const elsewhere = new Namespaces(createExec(10_000, process.env), join(directory, name), systemTimers);
    const unreadable = { code: 'NAMESPACES_UNREADABLE', facts: { directory: join(directory, name), reason } };
    await expect(elsewhere.routers()).rejects.toMatchObject(unreadable);
    await expect(elsewhere.resolve('edge')).rejects.toMatchObject(
      reason === 'ELOOP' ? { code: 'NAMESPACE_UNREADABLE', facts: { reason } } : unreadable,
    );
  }
});

test('a directory that is not there is an error for the router that is looked for; an empty one is a router that is gone', async () => {
  const none = join(directory, 'none');
  const asked = new Namespaces(createExec(10_000, process.env), none, systemTimers);
  const unreadable = { code: 'NAMESPACES_UNREADABLE', facts: { directory: none, reason: 'ENOENT' } };
  expect(await asked.routers()).toEqual([]);
  await expect(asked.resolve('edge')).rejects.toMatchObject(unreadable);
  await expect(asked.run('edge', ENTER)).rejects.toMatchObject(unreadable);

  await mkdir(none);
  const gone = { code: 'ROUTER_NOT_FOUND', facts: { router: 'edge', known: [], directory: none } };
  await expect(asked.resolve('edge')).rejects.toMatchObject(gone);
});

/** Which namespace is taken of those that are there, when the router's kind is known as this. */
async function chosen(kind: RouterKind | undefined, ...there: readonly string[]): Promise<string> {
  const node = await mkdtemp(join(directory, 'node-'));
  for (const prefix of there) await writeFile(join(node, `${prefix}-${UUID}`), '');
  const kinds = new Map([[UUID, kind]]);
  const asked = new Namespaces(createExec(10_000, process.env), node, systemTimers, (router_id) =>
    kinds.get(router_id),
  );
  return asked.resolve(UUID).then(
    (name) => name.replace(`-${UUID}`, ''),
    (error) => error.code,
  );
}

test.each<[RouterKind | undefined, string[], string]>([
  ['distributed', ['snat', 'qrouter'], 'snat'],
  ['distributed', ['qrouter'], 'ROUTER_NOT_FOUND'],
  ['centralized', ['snat', 'qrouter'], 'qrouter'],
  ['centralized', ['qrouter'], 'qrouter'],
  ['centralized', ['snat'], 'ROUTER_NOT_FOUND'],
  [undefined, ['snat', 'qrouter'], 'snat'],
  [undefined, ['qrouter'], 'qrouter'],
])('a router whose kind is %s, on a node with %j: %s', async (kind, there, expected) => {
  expect(await chosen(kind, ...there)).toBe(expected);
});

test('the kind is asked for each time, and counts for ids only', async () => {
  let kind: RouterKind | undefined;
  await writeFile(join(directory, `snat-${UUID}`), '');
  const asked = new Namespaces(createExec(10_000, process.env), directory, systemTimers, () => kind);
  expect(await asked.resolve(UUID)).toBe(`snat-${UUID}`);
  kind = 'centralized';
  expect(await asked.resolve(UUID)).toBe(`qrouter-${UUID}`);
  expect(await asked.resolve('edge')).toBe('edge');
});

test('the error for an unknown router has the known ones', async () => {
  await expect(namespaces.resolve('nowhere')).rejects.toMatchObject({
    code: 'ROUTER_NOT_FOUND',
    facts: { router: 'nowhere', known: ['edge', `qrouter-${UUID}`, 'west'] },
  });
});

test.each(['../west', '/etc/passwd', '.', '..', '', 'west\0', 'x'.repeat(300)])(
  'a router called %j is not found, and nothing is opened',
  async (name) => {
    await expect(namespaces.resolve(name)).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
  },
);

test('what cannot be a namespace is never opened', async () => {
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  await symlink('fifo', join(directory, 'link'));
  await mkdir(join(directory, 'folder'));

  for (const name of ['fifo', 'link', 'folder'])
    await expect(namespaces.resolve(name)).rejects.toMatchObject({
      code: 'NAMESPACE_UNREADABLE',
      facts: { path: join(directory, name), reason: 'not a network namespace' },
    });
});

test('a link stands for the namespace that it leads to, and one to nothing is no router that is gone', async () => {
  await symlink('/proc/self/ns/net', join(directory, 'container'));
  await symlink('/proc/0/ns/net', join(directory, 'ended'));

  expect(await namespaces.resolve('container')).toBe('container');
  await expect(namespaces.resolve('ended')).rejects.toMatchObject({ code: 'NAMESPACE_UNREADABLE' });
});
