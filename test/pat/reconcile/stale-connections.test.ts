/** Connections that are older than a new forward end beside the answer; all others before it, and none that is allowed. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { praasError } from '../../../src/pat/errors.ts';
import type { PublicEndpoint } from '../../../src/pat/mapping/forward.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { type RouterRecord, withDelta } from '../../../src/pat/mapping/record.ts';
import type { Flow } from '../../../src/pat/plan/connection.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeDataplane, FakeRouter } from '../../support/fake-dataplane.ts';
import { ListLog } from '../../support/fake-node.ts';
import { CALLER, FACTS, idOf, NOW, ROUTER, recordWith } from '../../support/samples.ts';
import { endpointOf, SSH, WEB } from './support.ts';

/** Its connections are read when a test lets them be read. */
class SlowDataplane extends FakeDataplane {
  #gates: (() => void)[] = [];
  isSlow = false;

  /** How many reads wait. */
  get waiting(): number {
    return this.#gates.length;
  }

  open(): void {
    for (const gate of this.#gates.splice(0)) gate();
  }

  override async flows(routerId: string, endpoints: readonly PublicEndpoint[]): Promise<readonly Flow[]> {
    const flows = await super.flows(routerId, endpoints);
    if (this.isSlow) await new Promise<void>((resolve) => this.#gates.push(resolve));
    return flows;
  }
}

/** An agent that goes on after its answers, and the record that it is told. */
class Bed {
  readonly router = new FakeRouter(FACTS);
  readonly dataplane = new SlowDataplane([this.router]);
  readonly log = new ListLog();
  readonly agent = new Agent(this.dataplane, new FakeClock(NOW), this.log, true);
  record: RouterRecord = recordWith([]);

  /** Changes the record as a decision does, then makes the kernel equal to it. */
  async change(change: { readonly put?: readonly Mapping[]; readonly remove?: readonly string[] }): Promise<void> {
    const before = [...(change.remove ?? []), ...(change.put ?? []).map(({ id }) => id)];
    const endpoints = [...before.flatMap((id) => this.record.mappings.get(id) ?? []), ...(change.put ?? [])];
    const pending = [...this.record.pending, ...endpoints.map(endpointOf)];
    this.record = withDelta(this.record, { ...change, pending });
    const { delta } = await this.agent.reconcile(await this.agent.inspect(ROUTER), this.record, before);
    // What is stored is an endpoint and nothing else.
    for (const endpoint of delta.pending ?? []) expect(endpoint).toEqual(endpointOf({ ...SSH, ...endpoint }));
    this.record = withDelta(this.record, delta);
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.change({ put: [WEB] });
  expect(bed.record.pending).toEqual([]);
  bed.dataplane.isSlow = true;
});

describe('a new forward', () => {
  test('is answered before connections are read, and the older one ends then', async () => {
    bed.router.connect(CALLER, SSH);

    await bed.change({ put: [SSH] });

    expect(bed.router.flows).toHaveLength(1);
    expect(bed.record.pending).toEqual([endpointOf(SSH)]);
    bed.dataplane.open();
    await settled();
    expect(bed.router.flows).toEqual([]);
  });

  test('stays pending until its connections have ended, and no longer: nothing is read twice', async () => {
    await bed.change({ put: [SSH] });
    await bed.change({ put: [{ ...WEB, id: idOf(3), router_port: 4002 }] });
    expect(bed.record.pending).toHaveLength(2);
    const reads = (): number => bed.dataplane.count('flows');
    bed.dataplane.open();
    await settled();
    bed.dataplane.open();
    await settled();
    const before = reads();

    bed.dataplane.isSlow = false;
    await bed.change({ put: [{ ...WEB, name: 'web' }] });

    expect(bed.record.pending).toEqual([]);
    // Those of the change itself.
    expect(reads()).toBe(before + 1);
  });

  test('shares one read with those that come while another read is under way', async () => {
    const made = [2, 3, 4, 5].map((number) => ({ ...SSH, id: idOf(10 + number), router_port: 4010 + number }));
    const before = bed.dataplane.count('flows');
    for (const mapping of made) await bed.change({ put: [mapping] });
    for (let time = 0; time < 5; time++) {
      bed.dataplane.open();
      await settled();
    }

    expect(bed.dataplane.count('flows') - before).toBe(2);
  });

  test('whose connections cannot be read is logged, and the next change reads them', async () => {
    bed.router.connect(CALLER, SSH);
    bed.dataplane.failNext('flows', praasError('TOOL_FAILED', { command: 'conntrack', exit_code: 1, output: 'no' }));
    await bed.change({ put: [SSH] });
    await settled();
    expect(bed.log.lines.map(({ message }) => message)).toEqual(['connections not ended']);
    expect(bed.router.flows).toHaveLength(1);

    bed.dataplane.isSlow = false;
    await bed.change({ put: [{ ...WEB, name: 'web' }] });

    expect(bed.router.flows).toEqual([]);
    expect(bed.record.pending).toEqual([]);
  });

  test('that a crash has left pending is looked at by the first reconcile of the next process, before its answer', async () => {
    bed.router.connect(CALLER, SSH);
    await bed.change({ put: [SSH] });
    const next = new Agent(bed.dataplane, new FakeClock(NOW), bed.log, true);
    bed.dataplane.isSlow = false;

    const { delta } = await next.reconcile(await next.inspect(ROUTER), bed.record, []);

    expect(bed.router.flows).toEqual([]);
    expect(delta.pending).toEqual([]);
  });
});

test.each<[string, (mapping: Mapping) => Parameters<Bed['change']>[0]]>([
  ['deleted', ({ id }) => ({ remove: [id] })],
  ['given another server', (mapping) => ({ put: [{ ...mapping, server_ip: '10.20.0.52' }] })],
  ['disabled', (mapping) => ({ put: [{ ...mapping, enabled: false }] })],
])('one that is %s while its older connections are read ends its own before the answer', async (_, changeOf) => {
  await bed.change({ put: [SSH] });
  bed.router.connect(CALLER, SSH);
  let isAnswered = false;
  const answered = bed.change(changeOf(SSH)).then(() => {
    isAnswered = true;
  });
  await settled();
  expect(isAnswered).toBe(false);
  bed.dataplane.isSlow = false;
  bed.dataplane.open();

  await answered;

  expect(bed.router.flows).toEqual([]);
  expect(bed.record.pending).toEqual([]);
});

/** Lets connections be read until that is done, and not once more. */
async function letRead(done: Promise<void>): Promise<void> {
  const state = { isDone: false };
  const ended = done.finally(() => Object.assign(state, { isDone: true }));
  for (let time = 0; time < 9; time++) {
    await settled();
    if (state.isDone) break;
    bed.dataplane.open();
  }
  await ended;
}

test('whatever changes while connections are read: what is not allowed ends, what is allowed stays', async () => {
  const servers = ['10.20.0.51', '10.20.0.52'];
  const step = fc.record({
    number: fc.nat(2),
    server_ip: fc.option(fc.constantFrom(...servers)),
    connects: fc.boolean(),
    opens: fc.boolean(),
  });
  const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
    const { router, dataplane } = (bed = new Bed());
    await bed.change({ put: [WEB] });
    dataplane.isSlow = true;
    const at = (number: number): Mapping => ({ ...SSH, id: idOf(20 + number), router_port: 4020 + number });
    for (const { number, server_ip, connects, opens } of steps) {
      if (connects) router.connect(CALLER, at(number));
      const change = server_ip === null ? { remove: [at(number).id] } : { put: [{ ...at(number), server_ip }] };
      if (server_ip === null && !bed.record.mappings.has(at(number).id)) continue;
      const done = bed.change(change);
      // Without it a read goes on into the next change, where that does not wait for it.
      const times = opens ? 3 : 0;
      for (let time = 0; time < times; time++) {
        await settled();
        dataplane.open();
      }
      await letRead(done);
    }
    const allowed = (flow: Flow): boolean => {
      const mapping = [...bed.record.mappings.values()].find(({ router_port }) => router_port === flow.destinationPort);
      return mapping ? flow.replyIp === mapping.server_ip : flow.replyIp === flow.destinationIp;
    };
    for (let time = 0; time < 10; time++) {
      dataplane.open();
      await settled();
    }
    expect(router.flows.filter((flow) => !allowed(flow))).toEqual([]);
    // Each is one that some change could have ended; those of the last state are there.
    const fresh = [0, 1, 2].map((number) => router.connect(CALLER, at(number)));
    dataplane.isSlow = false;
    await bed.change({ put: [{ ...WEB, name: 'last' }] });
    expect(router.flows.filter((flow) => fresh.includes(flow))).toHaveLength(3);
    expect(bed.record.pending).toEqual([]);
  });
  await fc.assert(property, { numRuns: 100 });
});
