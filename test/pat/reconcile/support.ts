/** An agent with one router in memory, and two mappings. */
import type { ReconcileResult } from '../../../src/pat/interfaces/agent.ts';
import { forwardKey, forwardOf, type PublicEndpoint } from '../../../src/pat/mapping/forward.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import type { RouterRecord } from '../../../src/pat/mapping/record.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeDataplane, FakeRouter } from '../../support/fake-dataplane.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FACTS, idOf, MAPPING, NOW, ROUTER, recordWith } from '../../support/samples.ts';

export const SSH = MAPPING;
export const WEB: Mapping = { ...MAPPING, id: idOf(2), router_port: 4001, server_port: 80 };
export const TWO = recordWith([SSH, WEB]);

export const keyOf = (mapping: Mapping): string => forwardKey(forwardOf(mapping, false));
export const keysOf = (...mappings: readonly Mapping[]): string[] => mappings.map(keyOf).toSorted();
export const endpointOf = ({ protocol, gateway_ip, router_port }: Mapping): PublicEndpoint => ({
  protocol,
  gateway_ip,
  router_port,
});

export class TestBed {
  readonly router = new FakeRouter(FACTS);
  readonly dataplane = new FakeDataplane([this.router]);
  readonly log = new ListLog();
  readonly agent = new Agent(this.dataplane, new FakeClock(NOW), this.log);

  /** Inspects and reconciles, as the change runner does for a change of these mappings. */
  async reconcile(record: RouterRecord, ids: readonly string[] = []): Promise<ReconcileResult> {
    return this.agent.reconcile(await this.agent.inspect(ROUTER), record, ids);
  }
}
