/** What every Dataplane promises (pat/interfaces/dataplane.ts): run on the fake in the fast tier, on both backends in the kernel tier. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Dataplane } from '../../src/pat/interfaces/dataplane.ts';
import { type Forward, forwardKey, type PublicEndpoint } from '../../src/pat/mapping/forward.ts';
import { type Changes, isEmptyChanges } from '../../src/pat/plan/changes.ts';
import { plan } from '../../src/pat/plan/plan.ts';

const CALLERS = ['203.0.113.2', '198.51.100.7'] as const;
export type CallerIp = (typeof CALLERS)[number];

export interface DataplaneUnderTest {
  readonly dataplane: Dataplane;
  /** A router with 203.0.113.10 as its gateway address and nothing of praas in it. */
  readonly router_id: string;
  /** Makes one new connection (over UDP: sends one packet and receives a reply) from this address outside to the endpoint. */
  call(source_ip: CallerIp, endpoint: PublicEndpoint): Promise<void>;
  remove(): Promise<void>;
}

/** Three different forwards, for a router whose address scopes require this mark. */
function examples(scopeMark: number | undefined): { SSH: Forward; WEB: Forward; DNS: Forward } {
  const SSH: Forward = {
    mapping_id: '11111111-0000-4000-8000-000000000001',
    protocol: 'tcp',
    gateway_ip: '203.0.113.10',
    router_port: 4001,
    server_ip: '10.20.0.51',
    server_port: 22,
    allowed_cidrs: [],
    masquerade: false,
    scopeMark,
  };
  const WEB: Forward = {
    ...SSH,
    mapping_id: '11111111-0000-4000-8000-000000000002',
    router_port: 4002,
    masquerade: true,
  };
  const DNS: Forward = {
    ...SSH,
    mapping_id: '11111111-0000-4000-8000-000000000003',
    protocol: 'udp',
    server_port: 53,
    allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24', '198.51.101.0/25'],
  };
  return { SSH, WEB, DNS };
}

/** `scopeMark` is the mark that the address scopes of the router that `make` makes require, if any. */
export function dataplaneContract(name: string, make: () => Promise<DataplaneUnderTest>, scopeMark?: number): void {
  const { SSH, WEB, DNS } = examples(scopeMark);
  describe(`a Dataplane: ${name}`, () => {
    let under: DataplaneUnderTest;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(() => under.remove());

    const reconcile = async (desired: readonly Forward[]): Promise<Changes> => {
      const { forwards, missingBaseChains } = await under.dataplane.observe(under.router_id);
      const changes = plan(desired, forwards, missingBaseChains);
      if (!isEmptyChanges(changes)) await under.dataplane.apply(under.router_id, changes);
      return changes;
    };
    const inPlace = async (): Promise<string[]> => {
      const { forwards } = await under.dataplane.observe(under.router_id);
      return forwards.map(({ forward }) => (forward ? forwardKey(forward) : 'broken')).toSorted();
    };
    const packets = async (...selected: readonly Forward[]): Promise<(number | undefined)[]> => {
      const { forwards } = await under.dataplane.observe(under.router_id);
      return selected.map(({ mapping_id }) => {
        const counters = forwards.find((each) => each.mapping_id === mapping_id)?.counters;
        // A packet has a header at least.
        expect(counters === undefined || counters.bytes >= 20 * counters.packets).toBe(true);
        return counters?.packets;
      });
    };
    const keys = (...forwards: readonly Forward[]): string[] => forwards.map(forwardKey).toSorted();

    test('gives its routers and their gateways', async () => {
      expect(await under.dataplane.routers()).toContain(under.router_id);
      expect((await under.dataplane.facts(under.router_id)).gateways).toEqual(['203.0.113.10']);
    });

    test('reads the marks that the address scopes of the router require', async () => {
      const { inside } = await under.dataplane.facts(under.router_id);
      const { scopeMarks } = await under.dataplane.observe(under.router_id);
      const marks = inside.map((network) => scopeMarks?.get(network.interface));
      expect(new Set(marks)).toEqual(new Set([scopeMark]));
    });

    test('observes what was applied, and a second plan is empty', async () => {
      expect(await inPlace()).toEqual([]);
      await reconcile([SSH, WEB, DNS]);
      expect(await inPlace()).toEqual(keys(SSH, WEB, DNS));
      expect(isEmptyChanges(await reconcile([SSH, WEB, DNS]))).toBe(true);
      await reconcile([]);
      expect(await inPlace()).toEqual([]);
    });

    test('one batch may move an endpoint from one mapping to another, and a mapping to another server', async () => {
      await reconcile([SSH, DNS]);
      const heir = { ...WEB, router_port: SSH.router_port };
      const moved = { ...DNS, server_ip: '10.20.0.52', masquerade: true };
      await reconcile([heir, moved]);
      expect(await inPlace()).toEqual(keys(heir, moved));
    });

    if (scopeMark !== undefined)
      test('a forward gets, changes and loses its mark', async () => {
        for (const mark of [undefined, scopeMark, 0x4020000, undefined]) {
          await reconcile([{ ...SSH, scopeMark: mark }, WEB]);
          expect(await inPlace()).toEqual(keys({ ...SSH, scopeMark: mark }, WEB));
        }
      });

    test('a forward gets, changes and loses allowed networks', async () => {
      for (const allowed_cidrs of [
        ['198.51.100.0/24'],
        ['198.51.100.0/25', '198.51.100.128/25'],
        [],
        ['192.0.2.7/32'],
      ]) {
        await reconcile([{ ...DNS, allowed_cidrs }]);
        expect(await inPlace()).toEqual(keys({ ...DNS, allowed_cidrs }));
      }
    });

    test('TCP and UDP on one port are two forwards', async () => {
      const both = [SSH, { ...DNS, router_port: SSH.router_port }];
      await reconcile(both);
      expect(await inPlace()).toEqual(keys(...both));
    });

    test('what is expected of a forward is enough to delete it', async () => {
      await reconcile([SSH, WEB, DNS]);
      const remove = [SSH, DNS].map((forward) => under.dataplane.expected(forward));
      await under.dataplane.apply(under.router_id, { remove, add: [], missingBaseChains: undefined });
      expect(await inPlace()).toEqual(keys(WEB));
    });

    test('a change that cannot be made whole is refused, and nothing of it is made', async () => {
      await reconcile([WEB]);
      const impossible = { remove: [under.dataplane.expected(SSH)], add: [DNS], missingBaseChains: undefined };
      await expect(under.dataplane.apply(under.router_id, impossible)).rejects.toMatchObject({
        code: 'KERNEL_REFUSED',
      });
      expect(await inPlace()).toEqual(keys(WEB));
    });

    test('hundreds of forwards are added and removed in one transaction', async () => {
      const many = Array.from({ length: 300 }, (_, index) => ({
        ...(index % 2 === 0 ? SSH : DNS),
        mapping_id: `22222222-0000-4000-8000-${String(index).padStart(12, '0')}`,
        router_port: 5000 + index,
      }));
      await reconcile(many);
      expect(await inPlace()).toEqual(keys(...many));
      await reconcile([SSH]);
      expect(await inPlace()).toEqual(keys(SSH));
    });

    test('showing a change makes none, and shows nothing for an empty one', async () => {
      await reconcile([SSH]);
      const text = under.dataplane.render(plan([SSH, WEB], [], undefined));
      expect(text).toContain(WEB.mapping_id);
      expect(under.dataplane.render({ remove: [], add: [], missingBaseChains: undefined })).toBe('');
      expect(await inPlace()).toEqual(keys(SSH));
    });

    test('a forward counts each connection once, over all of its allowed networks, from zero', async () => {
      const [home, away] = CALLERS;
      const listed = { ...DNS, allowed_cidrs: [`${home}/32`, '198.51.100.0/24'] };
      await reconcile([]);
      await reconcile([SSH, WEB, listed]);
      expect(await packets(SSH, WEB, listed)).toEqual([0, 0, 0]);

      for (const caller of CALLERS) await under.call(caller, SSH);
      await under.call(away, WEB);
      await under.call(home, listed);
      await under.call(away, listed);
      expect(await packets(SSH, WEB, listed)).toEqual([2, 1, 2]);

      await reconcile([SSH, WEB]);
      expect(await packets(SSH, WEB, listed)).toEqual([2, 1, undefined]);
      await reconcile([WEB, listed]);
      await reconcile([SSH, WEB, listed]);
      expect(await packets(SSH, WEB, listed)).toEqual([0, 1, 0]);
    });

    test('the connection table counts the connections of the router, up to a limit', async () => {
      await reconcile([SSH]);
      const before = await under.dataplane.connectionTable(under.router_id);
      await under.call('203.0.113.2', SSH);
      const after = await under.dataplane.connectionTable(under.router_id);
      expect(after?.used).toBeGreaterThan(0);
      expect(after?.used).toBeGreaterThanOrEqual(before?.used ?? 0);
      expect(after?.limit).toBeGreaterThanOrEqual(after?.used ?? 0);
    });

    test('its base chains are removed when nothing is in them, and only then', async () => {
      const hasBaseChains = async (): Promise<boolean> => {
        const { missingBaseChains } = await under.dataplane.observe(under.router_id);
        return missingBaseChains === undefined;
      };
      await reconcile([SSH, WEB]);
      await under.dataplane.removeBaseChains(under.router_id);
      expect(await inPlace()).toEqual(keys(SSH, WEB));
      expect(await hasBaseChains()).toBe(true);
      await reconcile([]);
      await under.dataplane.removeBaseChains(under.router_id);
      expect(await hasBaseChains()).toBe(false);
      await under.dataplane.removeBaseChains(under.router_id);
      await reconcile([SSH]);
      expect(await inPlace()).toEqual(keys(SSH));
      expect(await hasBaseChains()).toBe(true);
    });

    test('a router that does not exist is an error', async () => {
      const missing = { code: 'ROUTER_NOT_FOUND' };
      const { dataplane } = under;
      await expect(dataplane.facts('not-here')).rejects.toMatchObject(missing);
      await expect(dataplane.observe('not-here')).rejects.toMatchObject(missing);
      await expect(dataplane.apply('not-here', plan([SSH], [], undefined))).rejects.toMatchObject(missing);
      await expect(dataplane.flows('not-here', [SSH])).rejects.toMatchObject(missing);
      await expect(dataplane.connectionTable('not-here')).rejects.toMatchObject(missing);
    });
  });
}
