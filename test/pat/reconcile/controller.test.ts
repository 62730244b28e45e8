/** The loop that keeps routers right: when it looks after which, and that nobody waits for somebody else's trouble. */
import { beforeEach, expect, test } from '@jest/globals';
import type { Synced } from '../../../src/pat/change/change.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { emptyRecord, type RouterRecord } from '../../../src/pat/mapping/record.ts';
import { Controller, type ReconcileOutcome } from '../../../src/pat/reconcile/controller.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { MAPPING, NOW, recordWith } from '../../support/samples.ts';

const SECOND = 1000;
const NOTHING: Synced = { added: 0, removed: 0, moved: 0 };
const BROKEN = praasError('TOOL_FAILED', { command: 'iptables-save', exit_code: 1, output: 'no' });

let timers: FakeTimers;
let log: ListLog;
let records: Map<string, RouterRecord>;
let synced: string[];
let reconciled: ReconcileOutcome[];
let sync: (router_id: string) => Promise<Synced>;
let controller: Controller;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  log = new ListLog();
  records = new Map(['a', 'b'].map((id) => [id, emptyRecord(id)]));
  synced = [];
  reconciled = [];
  sync = async () => NOTHING;
  controller = new Controller({
    routers: async () => [...records.keys()],
    read: async (router_id) => records.get(router_id) ?? emptyRecord(router_id),
    sync: async (router_id) => {
      synced.push(router_id);
      return { value: await sync(router_id), warnings: [], script: undefined };
    },
    periodMs: () => 30 * SECOND,
    onReconciled: (each) => reconciled.push(each),
    clock: timers.clock,
    timers,
    log,
  });
});

const start = async (): Promise<void> => {
  await controller.start();
  synced = [];
  reconciled = [];
};

test('starting looks after every stored router once, and is then ready', async () => {
  expect(controller.hasStarted).toBe(false);

  await controller.start();

  expect(controller.hasStarted).toBe(true);
  expect(synced).toEqual(['a', 'b']);
  expect(reconciled).toMatchObject([
    { router_id: 'a', reason: 'start', isOk: true },
    { router_id: 'b', reason: 'start', isOk: true },
  ]);
});

test('every router comes again within each period', async () => {
  await start();

  await timers.pass(95 * SECOND);

  expect(synced.filter((id) => id === 'a')).toHaveLength(3);
  expect(synced.filter((id) => id === 'b')).toHaveLength(3);
});

test('a router that appears is looked after at once and again while it gets its addresses', async () => {
  await start();

  controller.wake('a', 'appeared');
  await timers.pass(5 * SECOND);

  expect(synced).toEqual(['a', 'a', 'a', 'a', 'a']);
  expect(reconciled[0]).toMatchObject({ router_id: 'a', reason: 'appeared' });
});

test('a router that nothing is stored of is nobody’s business until something is', async () => {
  await start();
  controller.wake('stranger', 'appeared');
  await timers.pass(5 * SECOND);
  expect(synced).toEqual([]);

  controller.touched(emptyRecord('stranger'));
  controller.wake('stranger', 'addresses');
  await timers.pass(0);

  expect(synced).toEqual(['stranger']);
});

test('a mapping that ends is taken away in its second, and that is said', async () => {
  records.set('a', {
    ...recordWith([{ ...MAPPING, router_id: 'a', expires_at: '2030-01-01T00:00:07Z' }]),
    router_id: 'a',
  });
  await start();

  await timers.pass(6 * SECOND);
  expect(synced).toEqual([]);
  await timers.pass(SECOND + 100);

  expect(synced).toEqual(['a']);
  expect(log.lines.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['mapping expires soon', 'mapping has expired']),
  );
});

test('a failing router is named, tried again with pauses that grow, and does not delay the others', async () => {
  await start();
  sync = async (router_id) => {
    if (router_id === 'a') throw BROKEN;
    return NOTHING;
  };

  controller.wake('a', 'addresses');
  await timers.pass(20 * SECOND);

  expect(controller.failing).toEqual([{ router_id: 'a', reason: BROKEN.message }]);
  // At 0, 1, 3, 7 and 15 seconds.
  expect(synced.filter((id) => id === 'a')).toHaveLength(5);
  expect(log.lines.filter(({ message }) => message === 'router cannot be looked after')).toHaveLength(1);
  controller.wake('b', 'addresses');
  await timers.pass(0);
  expect(synced.at(-1)).toBe('b');

  sync = async () => NOTHING;
  await timers.pass(20 * SECOND);

  expect(controller.failing).toEqual([]);
  expect(log.lines.at(-1)?.message).toBe('router is all right again');
});

test('a router that hangs does not delay the others', async () => {
  await start();
  const never = new Promise<Synced>(() => undefined);
  sync = (router_id) => (router_id === 'a' ? never : Promise.resolve(NOTHING));
  for (let n = 0; n < 20; n++) controller.touched(emptyRecord(`r${n}`));
  controller.wake('a', 'addresses');

  for (let n = 0; n < 20; n++) controller.wake(`r${n}`, 'addresses');
  await timers.pass(3 * SECOND);

  expect(synced).toHaveLength(21);
});

test('a router that is not here is no trouble', async () => {
  sync = async (router) => {
    throw praasError('ROUTER_NOT_FOUND', { router, known: [] });
  };

  await start();

  expect(controller.failing).toEqual([]);
  expect(log.lines).toEqual([]);
});

test('a record that cannot be read is trouble of that router alone', async () => {
  sync = async (router_id) => {
    if (router_id === 'a') throw BROKEN;
    return NOTHING;
  };
  records.set('a', emptyRecord('a'));

  await start();

  expect(controller.failing.map(({ router_id }) => router_id)).toEqual(['a']);
  expect(controller.hasStarted).toBe(true);
});

test('what a period puts right is counted as repaired, what an end or a moved gateway changes is not', async () => {
  await start();
  sync = async () => ({ added: 2, removed: 2, moved: 0 });
  await timers.pass(31 * SECOND);
  sync = async () => ({ added: 2, removed: 2, moved: 2 });
  controller.wake('a', 'addresses');
  await timers.pass(0);
  sync = async () => ({ added: 0, removed: 1, moved: 0 });
  controller.wake('b', 'expired');
  await timers.pass(0);

  expect(reconciled.map(({ reason, repaired }) => [reason, repaired])).toEqual([
    ['period', 2],
    ['period', 2],
    ['addresses', 0],
    ['expired', 0],
  ]);
});

test('after stop nothing happens any more', async () => {
  await start();
  controller.wake('a', 'appeared');

  await controller.stop();
  synced = [];
  await timers.pass(100 * SECOND);

  expect(synced).toEqual([]);
  expect(timers.count).toBe(0);
});
