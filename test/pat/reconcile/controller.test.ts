/** The controller: when it reconciles which router, and that a failing router does not delay the others. */
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
let sync: (routerId: string) => Promise<Synced>;
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
    read: async (routerId) => records.get(routerId) ?? emptyRecord(routerId),
    sync: async (routerId) => {
      synced.push(routerId);
      return { value: await sync(routerId), warnings: [], script: undefined };
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

test('start reconciles every stored router once', async () => {
  expect(controller.hasStarted).toBe(false);

  await controller.start();

  expect(controller.hasStarted).toBe(true);
  expect(synced).toEqual(['a', 'b']);
  expect(reconciled).toMatchObject([
    { routerId: 'a', trigger: 'start', isOk: true },
    { routerId: 'b', trigger: 'start', isOk: true },
  ]);
});

test('every router is reconciled in each period', async () => {
  await start();

  await timers.pass(95 * SECOND);

  expect(synced.filter((id) => id === 'a')).toHaveLength(3);
  expect(synced.filter((id) => id === 'b')).toHaveLength(3);
});

test('a router that appears is reconciled at once, and again while it gets its addresses', async () => {
  await start();

  controller.enqueue('a', 'appeared');
  await timers.pass(5 * SECOND);

  expect(synced).toEqual(['a', 'a', 'a', 'a', 'a']);
  expect(reconciled[0]).toMatchObject({ routerId: 'a', trigger: 'appeared' });
});

test.each([400, -30])('a clock that jumps by %d days and back changes no period and no retry', async (days) => {
  await start();
  const jump = (by: number): void => timers.clock.set(new Date(timers.clock.now().getTime() + by * 86_400_000));
  for (const by of [days, -days]) {
    jump(by);
    synced = [];
    await timers.pass(31 * SECOND);
    expect(synced.toSorted()).toEqual(['a', 'b']);
    expect(reconciled.every(({ seconds }) => seconds >= 0 && seconds < 1)).toBe(true);
  }

  sync = () => Promise.reject(BROKEN);
  await timers.pass(31 * SECOND);
  jump(days);
  sync = async () => NOTHING;
  await timers.pass(5 * SECOND);
  expect(controller.failing).toEqual([]);
});

test('a router without a record is ignored until it has one', async () => {
  await start();
  controller.enqueue('other', 'appeared');
  await timers.pass(5 * SECOND);
  expect(synced).toEqual([]);

  controller.recordChanged(emptyRecord('other'));
  controller.enqueue('other', 'addresses');
  await timers.pass(0);

  expect(synced).toEqual(['other']);
});

test('a mapping is removed in the second in which it expires, and that is logged', async () => {
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
    expect.arrayContaining(['mapping expires soon', 'mapping expired']),
  );
});

test('a failing router is reported, retried after growing waits, and does not delay the others', async () => {
  await start();
  sync = async (routerId) => {
    if (routerId === 'a') throw BROKEN;
    return NOTHING;
  };

  controller.enqueue('a', 'addresses');
  await timers.pass(20 * SECOND);

  expect(controller.failing).toEqual([{ routerId: 'a', reason: BROKEN.message }]);
  // At 0, 1, 3, 7 and 15 seconds.
  expect(synced.filter((id) => id === 'a')).toHaveLength(5);
  expect(log.lines.filter(({ message }) => message === 'reconcile failed')).toHaveLength(1);
  controller.enqueue('b', 'addresses');
  await timers.pass(0);
  expect(synced.at(-1)).toBe('b');

  sync = async () => NOTHING;
  await timers.pass(20 * SECOND);

  expect(controller.failing).toEqual([]);
  expect(log.lines.at(-1)?.message).toBe('reconcile recovered');
});

test('a router that hangs does not delay the others', async () => {
  await start();
  const never = new Promise<Synced>(() => undefined);
  sync = (routerId) => (routerId === 'a' ? never : Promise.resolve(NOTHING));
  for (let n = 0; n < 20; n++) controller.recordChanged(emptyRecord(`r${n}`));
  controller.enqueue('a', 'addresses');

  for (let n = 0; n < 20; n++) controller.enqueue(`r${n}`, 'addresses');
  await timers.pass(3 * SECOND);

  expect(synced).toHaveLength(21);
});

test('a router that is not on this node is no failure', async () => {
  sync = async (router) => {
    throw praasError('ROUTER_NOT_FOUND', { router, known: [] });
  };

  await start();

  expect(controller.failing).toEqual([]);
  expect(log.lines).toEqual([]);
});

test('an unreadable record fails its router only', async () => {
  sync = async (routerId) => {
    if (routerId === 'a') throw BROKEN;
    return NOTHING;
  };
  records.set('a', emptyRecord('a'));

  await start();

  expect(controller.failing.map(({ routerId }) => routerId)).toEqual(['a']);
  expect(controller.hasStarted).toBe(true);
});

test('a periodic repair counts as repaired; an expiry and a gateway move do not', async () => {
  await start();
  sync = async () => ({ added: 2, removed: 2, moved: 0 });
  await timers.pass(31 * SECOND);
  sync = async () => ({ added: 2, removed: 2, moved: 2 });
  controller.enqueue('a', 'addresses');
  await timers.pass(0);
  sync = async () => ({ added: 0, removed: 1, moved: 0 });
  controller.enqueue('b', 'expired');
  await timers.pass(0);

  expect(reconciled.map(({ trigger, repaired }) => [trigger, repaired])).toEqual([
    ['period', 2],
    ['period', 2],
    ['addresses', 0],
    ['expired', 0],
  ]);
});

test('nothing runs after stop', async () => {
  await start();
  controller.enqueue('a', 'appeared');

  await controller.stop();
  synced = [];
  await timers.pass(100 * SECOND);

  expect(synced).toEqual([]);
  expect(timers.count).toBe(0);
});
