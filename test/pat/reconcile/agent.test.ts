import { beforeEach, describe, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import { forwardOf } from '../../../src/pat/mapping/forward.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { FORWARD, idOf, ROUTER, recordWith } from '../../support/samples.ts';
import { endpointOf, keyOf, keysOf, SSH, TestBed, TWO, WEB } from './support.ts';

let bed: TestBed;

beforeEach(() => {
  bed = new TestBed();
});

describe('the first reconcile of a process', () => {
  test('makes the kernel equal to the record, whichever mappings are named', async () => {
    bed.router.inject({ ...FORWARD, mapping_id: idOf(8), router_port: 4009 });
    bed.router.damage(SSH.id);

    expect(await bed.reconcile(TWO, [WEB.id])).toEqual({ delta: {}, added: 2, removed: 2, stillOpen: [] });

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
  });

  test('logs the repaired drift of mappings that are not named, and nothing when there is none', async () => {
    bed.router.damage(SSH.id);
    await bed.reconcile(TWO, [WEB.id]);

    expect(bed.log.lines).toEqual([
      {
        level: 'warn',
        message: 'drift repaired',
        details: { router_id: ROUTER, removed: [SSH.id], added: [SSH.id] },
      },
    ]);
    await bed.reconcile(recordWith([{ ...SSH, server_port: 23 }, WEB]), [SSH.id]);
    expect(bed.log.lines).toHaveLength(1);
  });

  test('of an empty record creates no base chains', async () => {
    await bed.reconcile(recordWith([]));
    await bed.reconcile(recordWith([{ ...SSH, enabled: false }]));

    expect(bed.dataplane.count('apply')).toBe(0);
    expect(bed.router.hasBaseChains).toBe(false);
  });

  test('is complete although the router was inspected before', async () => {
    bed.router.damage(SSH.id);
    await bed.agent.inspect(ROUTER);

    await bed.reconcile(TWO, [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
    expect(bed.log.lines[0]).toMatchObject({ details: { removed: [SSH.id], added: [SSH.id] } });
  });
});

describe('a later reconcile', () => {
  beforeEach(() => bed.reconcile(TWO));

  test('changes only the named mappings, and does not read the kernel', async () => {
    const moved = { ...WEB, server_ip: '10.20.0.60' };

    expect(await bed.reconcile(recordWith([SSH, moved]), [WEB.id])).toMatchObject({ added: 1, removed: 1 });

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, moved));
    expect(bed.dataplane.count('observe')).toBe(1);
  });

  test('of unchanged mappings applies nothing', async () => {
    expect(await bed.reconcile(TWO, [SSH.id, WEB.id])).toEqual({ delta: {}, added: 0, removed: 0, stillOpen: [] });

    expect(bed.dataplane.count('apply')).toBe(1);
  });

  test('removes named mappings that are not in the record any more', async () => {
    await bed.reconcile(recordWith([WEB]), [SSH.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(WEB));
  });

  test('reads the kernel again after forgetting, and repairs it', async () => {
    bed.router.flush();
    bed.agent.forget(ROUTER);

    await bed.reconcile(TWO, []);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
    expect(bed.dataplane.count('observe')).toBe(2);
  });

  test('of a router that was flushed meanwhile reads the kernel and repeats', async () => {
    bed.router.flush();
    const moved = { ...WEB, server_ip: '10.20.0.60' };

    await bed.reconcile(recordWith([SSH, moved]), [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, moved));
    expect(bed.dataplane.count('observe')).toBe(2);
  });

  test('that is refused on a fresh view too is an error, and the next one reads the kernel again', async () => {
    bed.dataplane.refuseNext(ROUTER);
    await expect(bed.reconcile(recordWith([SSH]), [WEB.id])).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
    expect(bed.dataplane.count('observe')).toBe(2);
    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));

    await bed.reconcile(recordWith([SSH]), [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    expect(bed.dataplane.count('observe')).toBe(3);
  });

  test('on a fresh view is repeated once as well: another process may have changed the rules since they were read', async () => {
    const view = await bed.agent.inspect(ROUTER, 'kernel');
    bed.router.flush();

    await bed.agent.reconcile(view, recordWith([SSH]), [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    expect(bed.dataplane.count('apply')).toBe(3);
  });

  test('that fails with another error is not repeated', async () => {
    bed.dataplane.failNext('apply', praasError('KERNEL_BUSY', { router: ROUTER, seconds: 10 }));

    await expect(bed.reconcile(recordWith([SSH]), [WEB.id])).rejects.toMatchObject({ code: 'KERNEL_BUSY' });

    expect(bed.dataplane.count('apply')).toBe(2);
  });
});

describe('the cached router', () => {
  test('still lacks base chains after a reconcile that needed none', async () => {
    await bed.reconcile(recordWith([{ ...SSH, enabled: false }]), [SSH.id]);

    await bed.reconcile(recordWith([SSH]), [SSH.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    expect(bed.dataplane.count('observe')).toBe(1);
  });

  test('keeps the forward of a mapping whose duplicate was removed', async () => {
    bed.router.inject(forwardOf(SSH, false));
    bed.router.inject(forwardOf(SSH, false));
    await bed.reconcile(recordWith([SSH]));
    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    const moved = { ...SSH, router_port: 4002 };

    await bed.reconcile(recordWith([moved]), [SSH.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(moved));
  });

  test('counts the mappings that have rules in the kernel', async () => {
    bed.router.damage(idOf(7));
    expect((await bed.agent.inspect(ROUTER)).mappingsInKernel).toBe(1);

    await bed.reconcile(TWO);

    expect((await bed.agent.inspect(ROUTER)).mappingsInKernel).toBe(2);
    await bed.reconcile(recordWith([]), [SSH.id, WEB.id]);
    expect((await bed.agent.inspect(ROUTER)).mappingsInKernel).toBe(0);
  });
});

describe('the delta of a reconcile', () => {
  test('has the mappings whose status changes', async () => {
    const pending: Mapping = { ...SSH, status: 'PENDING' };
    const late: Mapping = { ...WEB, expires_at: '2030-01-01T00:00:00Z' };

    expect((await bed.reconcile(recordWith([pending, late]))).delta).toEqual({
      put: [SSH, { ...late, status: 'DOWN', status_code: 'EXPIRED', status_reason: expect.any(String) }],
    });
    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
  });

  test('clears pending endpoints, if there are any', async () => {
    expect((await bed.reconcile({ ...recordWith([SSH]), pending: [endpointOf(WEB)] })).delta).toEqual({ pending: [] });
    expect((await bed.reconcile(recordWith([SSH]))).delta).toEqual({});
  });
});

describe('a preview', () => {
  test('gives the script for the kernel and changes nothing', async () => {
    await bed.reconcile(recordWith([SSH]));
    const view = await bed.agent.inspect(ROUTER);

    expect(bed.agent.preview(view, recordWith([WEB]), [SSH.id, WEB.id])).toBe(`- ${keyOf(SSH)}\n+ ${keyOf(WEB)}\n`);
    expect(bed.agent.preview(view, recordWith([SSH]), [SSH.id])).toBe('');
    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
  });

  test('of a first mapping includes the base chains', async () => {
    const view = await bed.agent.inspect(ROUTER);

    expect(bed.agent.preview(view, recordWith([SSH]), [SSH.id])).toBe(`base chains\n+ ${keyOf(SSH)}\n`);
  });
});

test('a cached router that is not on the node any more is not found', async () => {
  await bed.reconcile(recordWith([SSH]));
  bed.dataplane.lose(ROUTER);

  await expect(bed.agent.inspect(ROUTER)).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
});

test('a port that another program keeps open is told, and logged with the rule; one that a mapping still publishes is not', async () => {
  const rule = {
    protocol: SSH.protocol,
    cidr: `${SSH.gateway_ip}/32`,
    kind: 'rule' as const,
    text: '-A PREROUTING -j DNAT',
  };
  bed.router.portsInUse = [
    { ...rule, first: SSH.router_port, last: WEB.router_port },
    { ...rule, first: 1, last: 65_535, kind: 'listener', text: '0.0.0.0:*' },
  ];
  await bed.reconcile(TWO);

  const { stillOpen } = await bed.reconcile(recordWith([WEB]), [SSH.id]);

  expect(stillOpen).toEqual([{ ...endpointOf(SSH), rule: rule.text }]);
  expect(bed.log.lines.filter(({ message }) => message === 'port not closed')).toHaveLength(1);
});

test('a port that was closed by what was known, and that a rule which came since keeps open, is told when the router is read', async () => {
  const rule = {
    protocol: SSH.protocol,
    cidr: `${SSH.gateway_ip}/32`,
    kind: 'rule' as const,
    text: '-A PREROUTING -j DNAT',
    first: SSH.router_port,
    last: WEB.router_port,
  };
  const readAgain = async (record: typeof TWO) =>
    bed.agent.reconcile(await bed.agent.inspect(ROUTER, 'kernel'), record, []);
  const told = (): number => bed.log.lines.filter(({ message }) => message === 'port not closed').length;
  await bed.reconcile(TWO);
  bed.router.portsInUse = [rule];

  expect((await bed.reconcile(recordWith([WEB]), [SSH.id])).stillOpen).toEqual([]);
  expect((await bed.reconcile(recordWith([]), [WEB.id])).stillOpen).toEqual([]);
  expect(told()).toBe(0);
  // Published again meanwhile.
  const { stillOpen } = await readAgain(recordWith([WEB]));

  expect(stillOpen).toEqual([{ ...endpointOf(SSH), rule: rule.text }]);
  expect(told()).toBe(1);
  expect((await readAgain(recordWith([WEB]))).stillOpen).toEqual([]);
  expect(told()).toBe(1);
});
