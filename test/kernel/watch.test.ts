// Routers are reported as they are added, deleted and change addresses: real namespaces, the real `ip monitor`.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type RouterEvent, RouterWatch } from '../../src/netfilter/watch.ts';
import { createExec, type ExecResult } from '../../src/system/exec.ts';
import { createFollow } from '../../src/system/follow.ts';
import { ListLog } from '../support/fake-node.ts';

const MONITOR = ['ip', '-4', '-o', 'monitor', 'address', 'all-nsid', ''].join('\0');
/** Long enough for events that should not come. */
const SILENCE_MS = 200;

const exec = createExec(10_000, process.env);
let prefix: string;
let made: Set<string>;
let watch: RouterWatch;
let log: ListLog;
let reported: { router_id: string; event: RouterEvent }[];

beforeEach(async () => {
  prefix = `praas-test-${randomUUID().slice(0, 8)}`;
  made = new Set();
  reported = [];
  log = new ListLog();
  watch = new RouterWatch({ directory: '/run/netns', log, exec, follow: createFollow(process.env) });
  await watch.start((router_id, event) => {
    // Other tests have namespaces too.
    if (router_id.startsWith(prefix)) reported.push({ router_id, event });
  });
});
afterEach(async () => {
  await watch.stop();
  for (const name of made) await ip('netns', 'delete', name);
});

async function ip(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await exec({ file: 'ip', args });
  if (exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function add(name: string): Promise<string> {
  await ip('netns', 'add', `${prefix}-${name}`);
  made.add(`${prefix}-${name}`);
  return `${prefix}-${name}`;
}

async function remove(name: string): Promise<void> {
  await ip('netns', 'delete', name);
  made.delete(name);
}

async function hasId(name: string): Promise<boolean> {
  const listed: { name: string; id?: number }[] = JSON.parse(await ip('-j', 'netns', 'list'));
  return listed.some((namespace) => namespace.name === name && namespace.id !== undefined);
}

const eventsOf = (name: string): RouterEvent[] =>
  reported.filter(({ router_id }) => router_id === name).map(({ event }) => event);

/** Waits for as many events of the router, then a little longer, and gives all of them. */
async function eventsAfter(name: string, count: number): Promise<RouterEvent[]> {
  while (eventsOf(name).length < count) await sleep(5);
  await sleep(SILENCE_MS);
  return eventsOf(name);
}

/** The PIDs of the monitors that this process has started. */
function monitors(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return children.filter((pid) => commandOf(pid) === MONITOR).map(Number);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Waits until a monitor is ready: its netlink socket has joined a group. Gives its PID. */
async function monitor(): Promise<number> {
  for (;;) {
    const sockets = readFileSync('/proc/net/netlink', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const [pid] = monitors().filter((each) =>
      sockets.some(
        ([, protocol, owner, groups]) => protocol === '0' && Number(owner) === each && !/^0*$/.test(groups ?? ''),
      ),
    );
    if (pid !== undefined) return pid;
    await sleep(5);
  }
}

test('a router appears with its namespace and goes with it', async () => {
  const edge = await add('edge');
  expect(await eventsAfter(edge, 1)).toEqual(['appeared']);
  await remove(edge);
  expect(await eventsAfter(edge, 2)).toEqual(['appeared', 'gone']);
});

test('a router whose namespace is replaced is gone and appears, however quickly', async () => {
  const edge = await add('edge');
  await eventsAfter(edge, 1);
  await exec({ file: 'ip', args: ['-batch', '-'], input: `netns del ${edge}\nnetns add ${edge}\n` });
  expect(await eventsAfter(edge, 3)).toEqual(['appeared', 'gone', 'appeared']);
});

test('when a router is reported to have appeared, programs can run in it', async () => {
  const tried = Promise.withResolvers<ExecResult>();
  const eager = new RouterWatch({ directory: '/run/netns', log, exec, follow: createFollow(process.env) });
  await eager.start((router_id) => {
    if (!router_id.startsWith(prefix)) return;
    tried.resolve(exec({ file: 'nsenter', args: [`--net=/run/netns/${router_id}`, 'true'] }));
  });
  await add('edge');
  expect(await tried.promise).toMatchObject({ exitCode: 0 });
  await eager.stop();
});

test('an address that is added or deleted on a link in a followed router is reported', async () => {
  const edge = await add('edge');
  await watch.follow([edge]);
  await monitor();
  await ip('-n', edge, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
  await eventsAfter(edge, 1);

  await ip('-n', edge, 'address', 'add', '10.8.8.8/24', 'dev', 'v0');
  expect(await eventsAfter(edge, 2)).toEqual(['appeared', 'addresses']);
  await ip('-n', edge, 'address', 'delete', '10.8.8.8/24', 'dev', 'v0');
  expect(await eventsAfter(edge, 3)).toEqual(['appeared', 'addresses', 'addresses']);
  expect(log.lines).toEqual([]);
});

test('a followed router that is added later, or again, is reported from its beginning', async () => {
  const edge = `${prefix}-edge`;
  await watch.follow([edge, `${prefix}-never`]);
  await monitor();
  for (const before of [0, 3]) {
    await add('edge');
    expect((await eventsAfter(edge, before + 1)).at(-1)).toBe('appeared');
    await ip('-n', edge, 'address', 'add', '10.8.8.8/24', 'dev', 'lo');
    expect((await eventsAfter(edge, before + 2)).at(-1)).toBe('addresses');
    await remove(edge);
    expect((await eventsAfter(edge, before + 3)).at(-1)).toBe('gone');
  }
});

test('an ID that another router has got is not taken for the old router', async () => {
  const [edge, west] = [`${prefix}-edge`, `${prefix}-west`];
  await watch.follow([edge, west]);
  await monitor();
  for (const name of ['edge', 'west']) {
    const router = await add(name);
    await eventsAfter(router, 1);
    await ip('-n', router, 'address', 'add', '10.8.8.8/24', 'dev', 'lo');
    expect(await eventsAfter(router, 2)).toEqual(['appeared', 'addresses']);
    await remove(router);
    expect(await eventsAfter(router, 3)).toEqual(['appeared', 'addresses', 'gone']);
  }
});

test('only followed routers are given an ID, and one that has an ID keeps it', async () => {
  const [edge, west] = [await add('edge'), await add('west')];
  await Promise.all([eventsAfter(edge, 1), eventsAfter(west, 1)]);
  await ip('netns', 'set', edge, '4711');

  await watch.follow([edge]);
  expect(await ip('-j', 'netns', 'list')).toContain(`{"name":"${edge}","id":4711}`);
  expect(await hasId(west)).toBe(false);
  await watch.follow([west]);
  expect(await hasId(west)).toBe(true);
});

test('a monitor that is killed is restarted, and changes are reported again', async () => {
  const edge = await add('edge');
  await watch.follow([edge]);
  await eventsAfter(edge, 1);
  const first = await monitor();

  process.kill(first, 'SIGKILL');
  while (monitors().includes(first)) await sleep(5);
  expect(await monitor()).not.toBe(first);

  await ip('-n', edge, 'address', 'add', '10.8.8.8/24', 'dev', 'lo');
  expect(await eventsAfter(edge, 2)).toEqual(['appeared', 'addresses']);
  expect(log.lines).toMatchObject([{ details: { error: expect.stringContaining('SIGKILL') } }]);
});

test('after stop nothing is reported, and no program is left', async () => {
  const edge = await add('edge');
  await watch.follow([edge]);
  await eventsAfter(edge, 1);
  await monitor();

  await watch.stop();
  expect(monitors()).toEqual([]);
  await ip('-n', edge, 'address', 'add', '10.8.8.8/24', 'dev', 'lo');
  await remove(edge);
  await sleep(SILENCE_MS);
  expect(eventsOf(edge)).toEqual(['appeared']);
});

test('for any other directory than that of `ip netns` no program is started', async () => {
  await watch.stop();
  const elsewhere = new RouterWatch({
    directory: '/run/praas-test-netns',
    log,
    exec,
    follow: createFollow(process.env),
  });
  await elsewhere.start(() => undefined);
  await elsewhere.follow(['edge']);
  await sleep(SILENCE_MS);
  expect(monitors()).toEqual([]);
  await elsewhere.stop();
});
