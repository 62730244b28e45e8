/** The PAT agent, joined: the node's parts (compose.ts), the loop that keeps the kernel right, and the API before them. */
import { dirname, join } from 'node:path';
import { LivePolicy } from '../core/identity/live-policy.ts';
import { defaultPolicy } from '../core/identity/policy.ts';
import type { Logger } from '../core/logger.ts';
import { RouterWatch } from '../netfilter/watch.ts';
import { PAT_ACTIONS } from '../pat/actions.ts';
import type { PatSettings } from '../pat/change/situation.ts';
import { praasError } from '../pat/errors.ts';
import type { MonitorLoop } from '../pat/follow/loop.ts';
import type { Status } from '../pat/mapping/mapping.ts';
import { CloudWatch } from '../pat/reconcile/cloud-watch.ts';
import { Controller } from '../pat/reconcile/controller.ts';
import { ProcessMetrics } from '../server/http/metrics.ts';
import { policyReader } from '../server/http/policy-file.ts';
import { readTls } from '../server/http/tls.ts';
import { PatMetrics } from '../server/pat/metrics.ts';
import { MonitorMetrics } from '../server/pat/monitor-metrics.ts';
import { patReadiness } from '../server/pat/readiness.ts';
import { newUuid, systemClock, systemTimers } from '../system/clock.ts';
import type { Config } from '../system/config/keys.ts';
import { LiveConfig } from '../system/config/live.ts';
import { createExec, createStartPiped, isInstalled } from '../system/exec.ts';
import { createFollow } from '../system/follow.ts';
import { HelperExec } from '../system/helper-exec.ts';
import { Interruption } from '../system/interruption.ts';
import { FileLog } from '../system/log.ts';
import { RequestContext } from '../system/request-context.ts';
import { composeApi } from './api.ts';
import { type BuiltCloud, buildCloud } from './cloud.ts';
import { Daemon, type Part } from './daemon.ts';
import { buildMonitor } from './monitor.ts';
import { buildNode, type Node, patSettingsOf, quotaOf } from './node.ts';
import type { DaemonContext } from './runtime-context.ts';
import { composeServiceManager } from './service-manager.ts';
import { toolsOf } from './tools.ts';

/** A second daemon is told at once; a command that is changing something is waited for. */
const LOCK_TIMEOUT_SECONDS = 5;
/** What a request under way may need beside its slowest program. */
const GRACE_MS = 5000;
const SIGTERM = 15;

/** Gives the daemon, not started; of files it has read clouds.yaml. Throws CLOUD_CONFIG_INVALID. */
export async function composePatAgent(
  config: Config,
  surroundings: DaemonContext,
  { monitors = false }: { readonly monitors?: boolean } = {},
): Promise<Daemon<Config>> {
  const { version, env, complain } = surroundings;
  const interruption = new Interruption();
  const context = new RequestContext();
  const file = new FileLog(config.log_dir, 'pat-agent', complain, surroundings.say);
  const log = context.logger(file);
  const settings = new LiveConfig(config);
  const access = new LivePolicy(defaultPolicy(PAT_ACTIONS));
  const helpers = helpersOf(config, env, interruption);
  const joined = await buildCloud(config, env, log, access);
  const node = buildNode({
    config,
    cloud: joined?.parts,
    exec: helpers.exec,
    command: surroundings.command,
    interruption,
    log,
    settings: livePolicy(settings),
    access,
    quota: () => quotaOf(settings.current),
    lockTimeoutSeconds: Math.min(config.lock_timeout, LOCK_TIMEOUT_SECONDS),
    isWatched: true,
    retainDays: () => settings.current.retain,
    request_id: () => context.requestId,
    touched: (record) =>
      context.outside(() => {
        controller.touched(record);
        void watch.follow([record.router_id]);
      }),
  });
  const follow = createFollow(env, interruption.abortSignal);
  const watch: RouterWatch = new RouterWatch({ directory: config.netns_dir, follow, exec: helpers.exec, log });
  const metrics = new ProcessMetrics();
  const controller: Controller = controllerOf(
    node,
    settings,
    new PatMetrics(metrics.registry, () => countByStatus(node)),
    log,
  );
  const missingTools = (): readonly string[] => toolsOf(config).filter((tool) => !isInstalled(tool, env['PATH']));
  const cloud = joined && cloudWatchOf(joined, settings, log);
  const monitor = monitors ? await monitorOf(joined, node, settings, metrics, log) : undefined;
  const readiness = patReadiness({ ...node, controller, missingTools, cloud, monitor });
  return new Daemon({
    settings,
    readTls,
    readFiles: policyReader(access, PAT_ACTIONS),
    lock: () => node.files.open(),
    listeners: composeApi({ config, surroundings, node, joined, settings, access, metrics, readiness, context, log }),
    summary: '',
    notices: (hasTls) => noticesOf(settings.current, hasTls),
    parts: [routerWatchPart(node, watch, controller), ...cloudParts(cloud, monitor), controller],
    supervisor: composeServiceManager(env, complain),
    log,
    version,
    graceMs: config.command_timeout * 1000 + GRACE_MS,
    async close() {
      interruption.interrupt(SIGTERM);
      joined?.close();
      await helpers.stop();
      await node.files.close();
      await node.events.close();
      await file.close();
    },
  });
}

/** Tells the controller of routers that appear, go or change. */
function routerWatchPart({ store }: Node, routers: RouterWatch, controller: Controller): Part {
  return {
    async start() {
      await routers.start((router_id, what) => controller.wake(router_id, what));
      await routers.follow(await store.routers());
    },
    stop: () => routers.stop(),
  };
}

/** What follows the cloud. Not waited for: the kernel is looked after whether the cloud answers or not. */
function cloudParts(cloud: CloudWatch | undefined, monitor: MonitorLoop | undefined): readonly Part[] {
  return [
    ...(cloud ? [{ start: async () => void cloud.start(), stop: async () => cloud.stop() }] : []),
    ...(monitor ? [{ start: async () => monitor.start(), stop: () => monitor.stop() }] : []),
  ];
}

function helpersOf(config: Config, env: NodeJS.ProcessEnv, interruption: Interruption): HelperExec {
  const timeoutMs = config.command_timeout * 1000;
  return new HelperExec({
    direct: createExec(timeoutMs, env, interruption.abortSignal),
    startPiped: createStartPiped(env),
    newId: newUuid,
    timeoutMs,
    directory: join(dirname(config.socket_path), 'helpers'),
    pid: process.pid,
  });
}

/** Throws CLOUD_NOT_CONFIGURED, CONFIG_INVALID. */
async function monitorOf(
  joined: BuiltCloud | undefined,
  { pat, corrections }: Node,
  settings: LiveConfig,
  { registry }: ProcessMetrics,
  log: Logger,
): Promise<MonitorLoop> {
  const path = settings.current.clouds_path;
  if (joined === undefined) throw praasError('CLOUD_NOT_CONFIGURED', { what: 'the monitor', path });
  const { cloud } = joined;
  const metricsOf = (age: () => number | undefined): MonitorMetrics => new MonitorMetrics(registry, age);
  return (await buildMonitor({ config: () => settings.current, cloud, pat, corrections, metricsOf, log })).loop;
}

function cloudWatchOf({ cloud, parts, securityGroups }: BuiltCloud, settings: LiveConfig, log: Logger): CloudWatch {
  return new CloudWatch({
    async read() {
      await parts.directory.refresh(cloud);
      await securityGroups.closeLeft();
    },
    periodMs: () => settings.current.second_monitoring * 1000,
    timers: systemTimers,
    log,
  });
}

function controllerOf(node: Node, settings: LiveConfig, metrics: PatMetrics, log: Logger): Controller {
  return new Controller({
    routers: () => node.store.routers(),
    read: (router_id) => node.store.read(router_id),
    sync: (router_id) => node.pat.sync(router_id),
    periodMs: () => settings.current.reconcile_period * 1000,
    onReconciled: (reconciled) => metrics.reconciled(reconciled),
    clock: systemClock,
    timers: systemTimers,
    log,
  });
}

/** What an operator should know of how the API can be reached. */
function noticesOf(config: Config, hasTls: boolean): readonly string[] {
  const isLoopback = config.listen_address.startsWith('127.') || config.listen_address === '::1';
  const allowed = config.legacy_api_allow.join(', ') || 'nobody else';
  return [
    `the old API of the Proxy CLI asks for no token; it answers this node and ${allowed} (legacy_api_allow)`,
    ...(isLoopback || hasTls ? [] : ['tokens cross the network in clear text: set tls_cert and tls_key']),
  ];
}

async function countByStatus({ pat }: Node): Promise<ReadonlyMap<Status, number>> {
  const { mappings } = await pat.list();
  return new Map([...Map.groupBy(mappings, ({ status }) => status)].map(([status, group]) => [status, group.length]));
}

/** The policy of the configuration in force, whichever that is when somebody asks. */
function livePolicy(settings: LiveConfig): PatSettings {
  const current = (): PatSettings => patSettingsOf(settings.current);
  return {
    get router_port_range() {
      return current().router_port_range;
    },
    get reserved_ports() {
      return current().reserved_ports;
    },
    get masquerade() {
      return current().masquerade;
    },
  };
}
