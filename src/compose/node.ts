/** What commands and the daemon share on a node: its store, its dataplane, and the services on top of them. */

import { type AccessPolicy, defaultPolicy } from '../core/identity/policy.ts';
import type { Logger } from '../core/logger.ts';
import type { Backend } from '../netfilter/backend.ts';
import { NetfilterDataplane } from '../netfilter/dataplane.ts';
import { IptablesBackend } from '../netfilter/iptables/backend.ts';
import { Namespaces, type RouterKind } from '../netfilter/namespace.ts';
import { NftablesBackend } from '../netfilter/nftables/backend.ts';
import { NetfilterProber } from '../netfilter/prober.ts';
import { ChangeRunner } from '../pat/change/change-runner.ts';
import type { PatSettings } from '../pat/change/situation.ts';
import { type CheckLimits, CheckService } from '../pat/check/service.ts';
import type { AuditLog } from '../pat/interfaces/events.ts';
import type { MappingStore } from '../pat/interfaces/store.ts';
import type { RouterRecord } from '../pat/mapping/record.ts';
import { QuotaLedger } from '../pat/quota/ledger.ts';
import type { Quota } from '../pat/quota/quota.ts';
import { Agent } from '../pat/reconcile/agent.ts';
import { CorrectionService } from '../pat/services/correction-service.ts';
import { GroupFollower } from '../pat/services/group-follower.ts';
import { ImportService } from '../pat/services/import-service.ts';
import { PatService } from '../pat/services/pat-service.ts';
import { QuotaService } from '../pat/services/quota-service.ts';
import { RouterService } from '../pat/services/router-service.ts';
import type { RouterDirectory } from '../pat/target/router-directory.ts';
import { LocalTargets } from '../pat/target/targets.ts';
import { EventLog } from '../store/files/pat/event-log.ts';
import type { EventLimits } from '../store/files/pat/event-writer.ts';
import { FileStore } from '../store/files/pat/file-store.ts';
import { FileOrphanStore } from '../store/files/pat/orphan-store.ts';
import { FileQuotaStore } from '../store/files/pat/quota-store.ts';
import { newUuid, systemClock, systemTimers } from '../system/clock.ts';
import type { Exec } from '../system/exec.ts';
import type { Interruption } from '../system/interruption.ts';
import { ACTIONS } from './actions.ts';
import type { CloudParts } from './cloud.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';

/** Built without starting anything or touching a file. */
export interface Node {
  readonly dataplane: NetfilterDataplane;
  readonly files: FileStore;
  /** As `files`, but a transaction is never interrupted. */
  readonly store: MappingStore;
  readonly agent: Agent;
  readonly pat: PatService;
  readonly routers: RouterService;
  readonly quotas: QuotaService;
  readonly checks: CheckService;
  readonly events: EventLog;
  readonly corrections: CorrectionService;
  readonly imports: ImportService;
  /** Makes the rules of security groups follow the mappings. */
  readonly follower: GroupFollower;
}

interface NodeParts {
  readonly config: Config;
  readonly exec: Exec;
  /** For programs that only read, which wait for those of changes; `exec` if left out. */
  readonly reads?: Exec;
  /** For programs that wait for a server, for which nothing else waits; `exec` if left out. */
  readonly probes?: Exec;
  /** The command line in words, shown to processes that wait for the lock. */
  readonly command: string;
  readonly interruption: Interruption;
  readonly log: Logger;
  /** May change while the node runs. */
  readonly settings: PatSettings;
  /** Of projects without their own quota; may change while the node runs. */
  readonly quota: () => Quota;
  readonly lockTimeoutSeconds: number;
  /** True in a daemon: counters are read periodically, so that they mean something, and work may go on after an answer. */
  readonly isWatched: boolean;
  /** Left out on a node without OpenStack. */
  readonly cloud?: CloudParts | undefined;
  /** Days for which events are kept; may change while the node runs. */
  readonly retainDays: () => number;
  /** Of the events of one day; may change while the node runs. */
  readonly eventLimits: () => Pick<Config, 'events_max_mib_per_day' | 'max_project_events_percent'>;
  /** The default policy if left out. */
  readonly access?: AccessPolicy;
  /** The ID of the present API request; left out where there are none. */
  readonly requestId?: () => string;
  /** Of checks; may change while the node runs. Left out where only root checks. */
  readonly checkLimits?: () => CheckLimits;
  /** Called with the record after each transaction. */
  readonly touched?: (record: RouterRecord) => void;
}

const MIB = 1024 * 1024;
const PERCENT = 100;

export function buildNode(parts: NodeParts): Node {
  const { command, config, exec, interruption, log, settings } = parts;
  const { dataplane } = kernelOf(parts, exec);
  const reading = kernelOf(parts, parts.reads ?? exec);
  const probing = kernelOf(parts, parts.probes ?? exec);
  const { state_dir } = config;
  const { lockTimeoutSeconds, quota: defaults } = parts;
  const onDisk = { stateDir: state_dir, lockTimeoutSeconds, exec, clock: systemClock, command };
  const files = new FileStore({ ...onDisk, log });
  const quotas = new FileQuotaStore(onDisk);
  const ledger = new QuotaLedger({ store: files, quotas, defaults });
  const store = uninterruptible(files, interruption, (record) => {
    ledger.recordChanged(record);
    parts.touched?.(record);
  });
  const agent = new Agent(dataplane, systemClock, log, parts.isWatched);
  const { requestId = () => '', retainDays, access = defaultPolicy(ACTIONS) } = parts;
  const limits = (): EventLimits => eventLimitsOf(parts.eventLimits());
  const events = new EventLog({ stateDir: state_dir, clock: systemClock, log, retainDays, limits, requestId });
  const node = { store, dataplane, agent, clock: systemClock, newId: newUuid, log, settings, stateDir: state_dir };
  const auditLog: AuditLog = {
    async append(appended) {
      await events.append(appended);
      follower.noticed(appended);
    },
  };
  const inspector = agent.through(reading.dataplane);
  const runner = new ChangeRunner({ ...node, inspector, auditLog });
  const { groups } = parts.cloud ?? {};
  const orphans = new FileOrphanStore(onDisk);
  const notConfigured = () => cloudNotConfigured(config, {});
  const follower = new GroupFollower({ store, runner, clock: systemClock, log, groups, orphans, notConfigured });
  const common = { ...node, runner };
  const readers = { ...common, agent: inspector, dataplane: reading.dataplane };
  const local = new LocalTargets({ notConfigured, policy: access });
  const { targets = local, directory } = parts.cloud ?? {};
  const counters = parts.isWatched && { counters: agent };
  const pat = new PatService({ ...readers, access, targets, groups, follower, directory, quotas: ledger, ...counters });
  const routers = new RouterService({ ...readers, directory });
  const cloud = parts.cloud?.cloud ?? (async () => undefined);
  const checks = new CheckService({
    ...readers,
    pat,
    prober: new NetfilterProber(probing.namespaces),
    cloud,
    limits: parts.checkLimits,
  });
  const quota = new QuotaService({ quotas, ledger, defaults });
  const corrections = new CorrectionService({ ...common, timers: systemTimers, follower });
  const imports = new ImportService(common);
  return {
    dataplane,
    files,
    store,
    agent,
    pat,
    routers,
    quotas: quota,
    checks,
    events,
    corrections,
    imports,
    follower,
  };
}

/** The kernel of the node, by the programs that this Exec starts. */
function kernelOf({ config, cloud }: NodeParts, exec: Exec): { namespaces: Namespaces; dataplane: NetfilterDataplane } {
  const kind = (routerId: string): RouterKind | undefined => kindOf(cloud?.directory, routerId);
  const namespaces = new Namespaces(exec, config.netns_dir, systemTimers, kind);
  return { namespaces, dataplane: new NetfilterDataplane(namespaces, ...backendsOf(config, namespaces)) };
}

/** What a command decides about its node; everything else is as the configuration has it. */
type CommandParts = Pick<NodeParts, 'exec' | 'command' | 'interruption' | 'log' | 'cloud'> &
  Partial<Pick<NodeParts, 'lockTimeoutSeconds'>>;

/** The node of a command, which ends before its configuration changes and reads no counters periodically. */
export function buildCommandNode(config: Config, parts: CommandParts): Node {
  return buildNode({
    config,
    settings: patSettingsOf(config),
    quota: () => quotaOf(config),
    lockTimeoutSeconds: config.lock_timeout_seconds,
    isWatched: false,
    retainDays: () => config.retain_days,
    eventLimits: () => config,
    ...parts,
  });
}

/** The settings that decide about mappings. */
export function patSettingsOf({ router_port_range, reserved_ports, masquerade }: Config): PatSettings {
  return { router_port_range, reserved_ports, masquerade };
}

/** The quota of projects without their own. */
export function quotaOf({ quota_mappings, quota_ports }: Config): Quota {
  return { mappings: quota_mappings, ports_per_router: quota_ports };
}

function eventLimitsOf(limits: ReturnType<NodeParts['eventLimits']>): EventLimits {
  const maxBytes = limits.events_max_mib_per_day * MIB;
  return { maxBytes, maxBytesPerProject: Math.floor((maxBytes * limits.max_project_events_percent) / PERCENT) };
}

/** As Neutron has it; undefined while Neutron was not asked. */
function kindOf(directory: RouterDirectory | undefined, routerId: string): RouterKind | undefined {
  const router = directory?.of(routerId);
  return router && (router.isDistributed ? 'distributed' : 'centralized');
}

function backendsOf(config: Config, namespaces: Namespaces): [Backend, Backend] {
  const iptables = new IptablesBackend(namespaces, {
    waitSeconds: config.xtables_wait_seconds,
    neutronLockPaths: config.neutron_lock_path,
  });
  const nftables = new NftablesBackend(namespaces);
  return config.backend === 'iptables' ? [iptables, nftables] : [nftables, iptables];
}

/** A transaction that has begun is not interrupted: store and kernel would differ until the next sync. */
function uninterruptible(
  store: MappingStore,
  interruption: Interruption,
  touched: (record: RouterRecord) => void,
): MappingStore {
  return {
    routers: () => store.routers(),
    read: (routerId) => store.read(routerId),
    transaction: (routerId, work) =>
      store.transaction(routerId, (transaction) =>
        interruption.uninterruptible(async () => {
          try {
            return await work(transaction);
          } finally {
            touched(transaction.record);
          }
        }),
      ),
  };
}
