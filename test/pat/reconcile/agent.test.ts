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

describe('the first settlement of a process', () => {
  test('makes the kernel equal to the record, whoever was named', async () => {
    bed.router.inject({ ...FORWARD, mapping_id: idOf(8), router_port: 4009 });
    bed.router.damage(SSH.id);

    expect(await bed.settle(TWO, [WEB.id])).toEqual({ delta: {}, added: 2, removed: 2 });

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
  });

  test('reports what it put right of others than those named, and keeps still when there is nothing', async () => {
    bed.router.damage(SSH.id);
    await bed.settle(TWO, [WEB.id]);

    expect(bed.log.lines).toEqual([
      {
        level: 'warn',
        message: 'rules differed from the store and are put right',
        details: { router_id: ROUTER, removed: [SSH.id], added: [SSH.id] },
      },
    ]);
    await bed.settle(recordWith([{ ...SSH, server_port: 23 }, WEB]), [SSH.id]);
    expect(bed.log.lines).toHaveLength(1);
  });

  test('of an empty record leaves a router that has nothing of ours without our chains', async () => {
    await bed.settle(recordWith([]));
    await bed.settle(recordWith([{ ...SSH, enabled: false }]));

    expect(bed.dataplane.count('apply')).toBe(0);
    expect(bed.router.hasFrame).toBe(false);
  });

  test('is complete although somebody looked at the router before', async () => {
    bed.router.damage(SSH.id);
    await bed.agent.inspect(ROUTER);

    await bed.settle(TWO, [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
    expect(bed.log.lines[0]).toMatchObject({ details: { removed: [SSH.id], added: [SSH.id] } });
  });
});

describe('a later settlement', () => {
  beforeEach(() => bed.settle(TWO));

  test('changes only what was named, and does not read the kernel', async () => {
    const moved = { ...WEB, server_ip: '10.20.0.60' };

    expect(await bed.settle(recordWith([SSH, moved]), [WEB.id])).toMatchObject({ added: 1, removed: 1 });

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, moved));
    expect(bed.dataplane.count('observe')).toBe(1);
  });

  test('of what is as it should be applies nothing', async () => {
    expect(await bed.settle(TWO, [SSH.id, WEB.id])).toEqual({ delta: {}, added: 0, removed: 0 });

    expect(bed.dataplane.count('apply')).toBe(1);
  });

  test('removes what is named and no longer in the record', async () => {
    await bed.settle(recordWith([WEB]), [SSH.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(WEB));
  });

  test('reads the kernel again after forgetting, and repairs it', async () => {
    bed.router.flush();
    bed.agent.forget(ROUTER);

    await bed.settle(TWO, []);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));
    expect(bed.dataplane.count('observe')).toBe(2);
  });

  test('on a router that somebody has flushed meanwhile starts over from what is there', async () => {
    bed.router.flush();
    const moved = { ...WEB, server_ip: '10.20.0.60' };

    await bed.settle(recordWith([SSH, moved]), [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH, moved));
    expect(bed.dataplane.count('observe')).toBe(2);
  });

  test('that is refused with fresh eyes too is an error, and the next one reads the kernel again', async () => {
    bed.dataplane.refuseNext(ROUTER);
    bed.dataplane.refuseNext(ROUTER);
    await expect(bed.settle(recordWith([SSH]), [WEB.id])).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
    expect(bed.dataplane.count('observe')).toBe(2);
    expect(bed.router.inPlace()).toEqual(keysOf(SSH, WEB));

    await bed.settle(recordWith([SSH]), [WEB.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    expect(bed.dataplane.count('observe')).toBe(3);
  });

  test('that fails otherwise is not tried again', async () => {
    bed.dataplane.failNext('apply', praasError('KERNEL_BUSY', { router: ROUTER, seconds: 10 }));

    await expect(bed.settle(recordWith([SSH]), [WEB.id])).rejects.toMatchObject({ code: 'KERNEL_BUSY' });

    expect(bed.dataplane.count('apply')).toBe(2);
  });
});

describe('what is remembered of a router', () => {
  test('is still missing its frame after a settlement that did not need one', async () => {
    await bed.settle(recordWith([{ ...SSH, enabled: false }]), [SSH.id]);

    await bed.settle(recordWith([SSH]), [SSH.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    expect(bed.dataplane.count('observe')).toBe(1);
  });

  test('holds the whole rule of a mapping of which a second copy was taken away', async () => {
    bed.router.inject(forwardOf(SSH, false));
    bed.router.inject(forwardOf(SSH, false));
    await bed.settle(recordWith([SSH]));
    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
    const moved = { ...SSH, router_port: 4002 };

    await bed.settle(recordWith([moved]), [SSH.id]);

    expect(bed.router.inPlace()).toEqual(keysOf(moved));
  });

  test('counts the mappings with something in the kernel', async () => {
    bed.router.damage(idOf(7));
    expect((await bed.agent.inspect(ROUTER)).mappings_in_kernel).toBe(1);

    await bed.settle(TWO);

    expect((await bed.agent.inspect(ROUTER)).mappings_in_kernel).toBe(2);
    await bed.settle(recordWith([]), [SSH.id, WEB.id]);
    expect((await bed.agent.inspect(ROUTER)).mappings_in_kernel).toBe(0);
  });
});

describe('the delta of a settlement', () => {
  test('notes what became of the mappings, where that is news', async () => {
    const pending: Mapping = { ...SSH, status: 'PENDING' };
    const late: Mapping = { ...WEB, expires_at: '2030-01-01T00:00:00Z' };

    expect((await bed.settle(recordWith([pending, late]))).delta).toEqual({
      put: [SSH, { ...late, status: 'DOWN', status_code: 'EXPIRED', status_reason: 'expired at 2030-01-01T00:00:00Z' }],
    });
    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
  });

  test('clears what was pending, and only then says so', async () => {
    expect((await bed.settle({ ...recordWith([SSH]), pending: [endpointOf(WEB)] })).delta).toEqual({ pending: [] });
    expect((await bed.settle(recordWith([SSH]))).delta).toEqual({});
  });
});

describe('a preview', () => {
  test('is what would be handed to the kernel, and changes nothing', async () => {
    await bed.settle(recordWith([SSH]));
    const view = await bed.agent.inspect(ROUTER);

    expect(bed.agent.preview(view, recordWith([WEB]), [SSH.id, WEB.id])).toBe(`- ${keyOf(SSH)}\n+ ${keyOf(WEB)}\n`);
    expect(bed.agent.preview(view, recordWith([SSH]), [SSH.id])).toBe('');
    expect(bed.router.inPlace()).toEqual(keysOf(SSH));
  });

  test('of a first mapping shows the frame too', async () => {
    const view = await bed.agent.inspect(ROUTER);

    expect(bed.agent.preview(view, recordWith([SSH]), [SSH.id])).toBe(`the frame\n+ ${keyOf(SSH)}\n`);
  });
});

test('a router that is not here is not found, also when it was known', async () => {
  await bed.settle(recordWith([SSH]));
  bed.dataplane.lose(ROUTER);

  await expect(bed.agent.inspect(ROUTER)).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
});
