/** The services as compose/node.ts builds them, with all adapters in memory. */

import type { Logger } from '../../src/core/logger.ts';
import type { Timers } from '../../src/core/timers.ts';
import { ChangeRunner } from '../../src/pat/change/change-runner.ts';
import type { PatSettings } from '../../src/pat/change/situation.ts';
import { isPraasError, type PraasError } from '../../src/pat/errors.ts';
import type { OrphanStore } from '../../src/pat/interfaces/orphan-store.ts';
import type { SecurityGroupAccess } from '../../src/pat/interfaces/security-groups.ts';
import type { MappingStore } from '../../src/pat/interfaces/store.ts';
import type { Targets } from '../../src/pat/interfaces/target.ts';
import type { NewEvent } from '../../src/pat/mapping/event.ts';
import { QuotaLedger } from '../../src/pat/quota/ledger.ts';
import type { Quota } from '../../src/pat/quota/quota.ts';
import { Agent } from '../../src/pat/reconcile/agent.ts';
import { CorrectionService } from '../../src/pat/services/correction-service.ts';
import { GroupFollower } from '../../src/pat/services/group-follower.ts';
import { ImportService } from '../../src/pat/services/import-service.ts';
import { QuotaService } from '../../src/pat/services/quota-service.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeDataplane, FakeRouter } from './fake-dataplane.ts';
import { localTargets, notConfigured } from './local-targets.ts';
import { MemoryEventLog } from './memory-event-log.ts';
import { MemoryOrphanStore } from './memory-orphan-store.ts';
import { MemoryQuotaStore, observedStore } from './memory-quotas.ts';
import { MemoryStore } from './memory-store.ts';
import { ParsingPatService, POLICY_BY_DEFAULT } from './requests.ts';
import { FACTS, idOf, NOW } from './samples.ts';

export const POLICY: PatSettings = {
  router_port_range: { first: 4000, last: 4003 },
  reserved_ports: [500],
  masquerade: 'auto',
};

export interface Line {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

export class ListLog implements Logger {
  readonly lines: Line[] = [];

  info(message: string, details?: Readonly<Record<string, unknown>>): void {
    this.lines.push({ level: 'info', message, details });
  }

  warn(message: string, details?: Readonly<Record<string, unknown>>): void {
    this.lines.push({ level: 'warn', message, details });
  }
}

export interface FakeNode {
  readonly pat: ParsingPatService;
  readonly follower: GroupFollower;
  readonly quotas: QuotaService;
  readonly corrections: CorrectionService;
  readonly imports: ImportService;
  readonly events: MemoryEventLog;
  readonly store: MappingStore;
  readonly dataplane: FakeDataplane;
  /** The first router, the one of samples.ts. */
  readonly router: FakeRouter;
  readonly clock: FakeClock;
  readonly log: ListLog;
}

/** A node with one router, unless `given` replaces it. New mappings get the IDs idOf(1), idOf(2), … */
export function fakeNode(
  given: Partial<Pick<FakeNode, 'store' | 'router' | 'dataplane'>> & {
    readonly policy?: PatSettings;
    readonly quota?: Quota;
    readonly targets?: Targets;
    readonly groups?: SecurityGroupAccess;
    readonly timers?: Timers;
    readonly orphans?: OrphanStore;
    readonly clock?: FakeClock;
    /** The IDs of new mappings begin after it. */
    readonly firstId?: number;
  } = {},
): FakeNode {
  const router = given.router ?? new FakeRouter(FACTS);
  const dataplane = given.dataplane ?? new FakeDataplane([router]);
  const files = given.store ?? new MemoryStore();
  const quotas = new MemoryQuotaStore();
  const defaults = (): Quota => given.quota ?? { mappings: 50, ports_per_router: 50 };
  const book = new QuotaLedger({ store: files, quotas, defaults });
  const store = observedStore(files, (record) => book.recordChanged(record));
  const clock = given.clock ?? new FakeClock(NOW);
  const log = new ListLog();
  let ids = given.firstId ?? 0;
  const events = new MemoryEventLog();
  const common = {
    auditLog: {
      async append(appended: readonly NewEvent[]): Promise<void> {
        await events.append(appended);
        follower.noticed(appended);
      },
    },
    store,
    dataplane,
    clock,
    log,
    settings: given.policy ?? POLICY,
    stateDir: '/srv/state',
  };
  const agent = new Agent(dataplane, clock, log);
  const runner = new ChangeRunner({ ...common, agent });
  const timers = given.timers ?? { after: () => () => undefined };
  const follower: GroupFollower = new GroupFollower({
    store,
    runner,
    clock,
    log,
    groups: given.groups,
    notConfigured,
    orphans: given.orphans ?? new MemoryOrphanStore(),
  });
  const corrections = new CorrectionService({ runner, timers, follower });
  const newId = (): string => idOf(++ids);
  const imports = new ImportService({ runner, newId });
  const pat = new ParsingPatService({
    ...common,
    runner,
    access: POLICY_BY_DEFAULT,
    newId,
    targets: given.targets ?? localTargets(),
    groups: given.groups,
    follower,
    quotas: book,
  });
  return {
    pat,
    follower,
    corrections,
    imports,
    events,
    quotas: new QuotaService({ quotas, ledger: book, defaults }),
    store,
    dataplane,
    router,
    clock,
    log,
  };
}

/** Gives the catalogue error that the work throws. Success and any other error fail the test. */
export async function errorOf(work: Promise<unknown> | (() => unknown)): Promise<PraasError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (isPraasError(error)) return error;
    throw error;
  }
  throw new Error('expected an error of the catalogue');
}
