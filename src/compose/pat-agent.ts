/** The PAT agent: the services of the node, the controller that reconciles its routers, the monitor, and the API. */

import { dirname, join } from 'node:path';
import { LivePolicy } from '../core/identity/live-policy.ts';
import { defaultPolicy } from '../core/identity/policy.ts';
import { ROOT } from '../core/identity/requester.ts';
import type { Logger } from '../core/logger.ts';
import { RouterWatch } from '../netfilter/watch.ts';
import type { MonitorLoop } from '../pat/follow/loop.ts';
import { CloudWatch } from '../pat/reconcile/cloud-watch.ts';
import { Controller } from '../pat/reconcile/controller.ts';
import { ProcessMetrics } from '../server/http/metrics.ts';
import { policyReader } from '../server/http/policy-file.ts';
import { readinessOf } from '../server/http/readiness.ts';
import { readTls, TLS_KEYS } from '../server/http/tls.ts';
import { PatMetrics } from '../server/pat/metrics.ts';
import { MonitorMetrics } from '../server/pat/monitor-metrics.ts';
import { patReadinessChecks } from '../server/pat/readiness.ts';
import { newUuid, systemClock, systemTimers } from '../system/clock.ts';
import { createExec, createStartPiped, type Exec, isInstalled } from '../system/exec.ts';
import { createFollow } from '../system/follow.ts';
import { HelperExec } from '../system/helper-exec.ts';
import { Interruption } from '../system/interruption.ts';
import { FileLog } from '../system/log.ts';
import { programEnvironment } from '../system/program-environment.ts';
import { RequestContext } from '../system/request-context.ts';
import { ACTIONS } from './actions.ts';
import { composeApi } from './api.ts';
import { type BuiltCloud, buildCloud } from './cloud.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';
import { Daemon, type Part } from './daemon.ts';
import { LiveConfig } from './live-config.ts';
import { livePolicy } from './live-settings.ts';
import { buildMonitor } from './monitor.ts';
import { buildNode, type Node, quotaOf } from './node.ts';
import type { DaemonContext } from './runtime-context.ts';
import { withExposedLogged } from './secret-files.ts';
import { composeServiceManager } from './service-manager.ts';
import { toolsOf } from './tools.ts';

/** A second daemon is told at once; a command that is changing something is waited for. */
const LOCK_TIMEOUT_SECONDS = 5;
/** What a request under way may need beside its slowest program. */
const GRACE_MS = 5000;
const SIGTERM = 15;

/** Gives the daemon, not started; of files it has read clouds.yaml. Throws CLOUD_CONFIG_INVALID, CLOUD_NOT_CONFIGURED. */
export async function composePatAgent(
  config: Config,
  runtime: DaemonContext,
  { monitors = false }: { readonly monitors?: boolean } = {},
): Promise<Daemon<Config>> {
  const { version, env, complain } = runtime;
  const interruption = new Interruption();
  const context = new RequestContext();
  const file = new FileLog(config.log_dir, 'pat-agent', complain, runtime.say);
  const log = context.logger(file);
  const settings = new LiveConfig(config);
  const access = new LivePolicy(defaultPolicy(ACTIONS));
  const helpers = helpersOf(config, env, interruption);
  const builtCloud = await buildCloud(config, env, log, access);
  if (monitors && builtCloud === undefined) throw cloudNotConfigured(config, env);
  const metrics = new ProcessMetrics();
  const { exec, reads, probes } = helpers;
  const foundation = {
    config,
    runtime,
    interruption,
    context,
    log,
    settings,
    access,
    builtCloud,
    exec,
    reads,
    probes,
    metrics,
  };
  const { node, controller, routerWatch } = reconcilingNode(foundation);
  const missingTools = (): readonly string[] =>
    toolsOf(config).filter((tool) => !isInstalled(tool, config.programs_path));
  const cloud = builtCloud && cloudWatchOf(builtCloud, node, settings, log);
  const monitor = monitors && builtCloud ? await monitorOf(builtCloud, node, settings, metrics, log) : undefined;
  const readiness = readinessOf(patReadinessChecks({ ...node, controller, missingTools, cloud, monitor }));
  return new Daemon({
    settings,
    tls: { keys: TLS_KEYS, read: readTls },
    readFiles: withExposedLogged(log, runtime.configPath, policyReader(access, ACTIONS)),
    lock: () => node.files.open(),
    listeners: composeApi({ config, runtime, node, builtCloud, settings, access, metrics, readiness, context, log }),
    summary: '',
    logNotices: (hasTls) => logNotices(log, settings.current, hasTls),
    parts: [routerWatch, ...cloudParts(cloud, monitor), controller],
    supervisor: composeServiceManager(config, env, complain),
    log,
    reopenLog: () => file.reopen(),
    version,
    graceMs: config.command_timeout_seconds * 1000 + GRACE_MS,
    async close() {
      interruption.interrupt(SIGTERM);
      builtCloud?.close();
      await node.follower.idle();
      await helpers.stop();
      await node.files.close();
      await node.events.close();
      await file.close();
    },
  });
}

/** What the daemon has before its node. */
interface Foundation {
  readonly config: Config;
  readonly runtime: DaemonContext;
  readonly interruption: Interruption;
  readonly context: RequestContext;
  readonly log: Logger;
  readonly settings: LiveConfig;
  readonly access: LivePolicy;
  readonly builtCloud: BuiltCloud | undefined;
  readonly exec: Exec;
  readonly reads: Exec;
  readonly probes: Exec;
  readonly metrics: ProcessMetrics;
}

/** A node with what keeps its kernel equal to the store. */
interface ReconcilingNode {
  readonly node: Node;
  readonly controller: Controller;
  readonly routerWatch: Part;
}

function reconcilingNode(foundation: Foundation): ReconcilingNode {
  const { config, runtime, interruption, context, log, settings, access, builtCloud, exec, reads, probes, metrics } =
    foundation;
  const node = buildNode({
    config,
    cloud: builtCloud?.parts,
    exec,
    reads,
    probes,
    command: runtime.command,
    interruption,
    log,
    settings: livePolicy(settings),
    access,
    quota: () => quotaOf(settings.current),
    lockTimeoutSeconds: Math.min(config.lock_timeout_seconds, LOCK_TIMEOUT_SECONDS),
    isWatched: true,
    retainDays: () => settings.current.retain_days,
    checkLimits: () => settings.current,
    eventLimits: () => settings.current,
    requestId: () => context.requestId,
    touched: (record) =>
      context.outside(() => {
        controller.recordChanged(record);
        void watch.follow([record.router_id]);
      }),
  });
  const follow = createFollow(programEnvironment(runtime.env, config.programs_path), interruption.abortSignal);
  const watch = new RouterWatch({ directory: config.netns_dir, follow, exec, log });
  const patMetrics = new PatMetrics(metrics.registry, systemClock, () => node.pat.countByStatus());
  const controller = controllerOf(node, settings, patMetrics, log);
  return { node, controller, routerWatch: routerWatchPart(node, watch, controller) };
}

/** Tells the controller of routers that appear, disappear or change. */
function routerWatchPart({ store }: Node, routers: RouterWatch, controller: Controller): Part {
  return {
    async start() {
      await routers.start((routerId, what) => controller.enqueue(routerId, what));
      await routers.follow(await store.routers());
    },
    stop: () => routers.stop(),
  };
}

/** What follows the cloud. Not waited for: rules are reconciled whether the cloud answers or not. */
function cloudParts(cloud: CloudWatch | undefined, monitor: MonitorLoop | undefined): readonly Part[] {
  return [
    ...(cloud ? [{ start: async () => void cloud.start(), stop: async () => cloud.stop() }] : []),
    ...(monitor ? [{ start: async () => monitor.start(), stop: () => monitor.stop() }] : []),
  ];
}

function helpersOf(config: Config, env: NodeJS.ProcessEnv, interruption: Interruption): HelperExec {
  const timeoutMs = config.command_timeout_seconds * 1000;
  const environment = programEnvironment(env, config.programs_path);
  return new HelperExec({
    direct: createExec(timeoutMs, environment, interruption.abortSignal),
    startPiped: createStartPiped(environment),
    newId: newUuid,
    timeoutMs,
    directory: join(dirname(config.socket_path), 'helpers'),
    pid: process.pid,
  });
}

/** Throws CONFIG_INVALID. */
async function monitorOf(
  builtCloud: BuiltCloud,
  { pat, corrections }: Node,
  settings: LiveConfig,
  { registry }: ProcessMetrics,
  log: Logger,
): Promise<MonitorLoop> {
  const { cloud } = builtCloud;
  const metricsOf = (age: () => number | undefined): MonitorMetrics => new MonitorMetrics(registry, age);
  return (await buildMonitor({ config: () => settings.current, cloud, pat, corrections, metricsOf, log })).loop;
}

function cloudWatchOf({ cloud, parts }: BuiltCloud, { follower }: Node, settings: LiveConfig, log: Logger): CloudWatch {
  return new CloudWatch({
    async read() {
      await parts.directory.refresh(cloud);
      await follower.look();
    },
    periodMs: () => settings.current.second_monitoring * 1000,
    timers: systemTimers,
    log,
  });
}

function controllerOf(node: Node, settings: LiveConfig, metrics: PatMetrics, log: Logger): Controller {
  return new Controller({
    routers: () => node.store.routers(),
    read: (routerId) => node.store.read(routerId),
    sync: (routerId) => node.pat.sync(routerId, { requester: ROOT }),
    periodMs: () => settings.current.reconcile_period_seconds * 1000,
    onReconciled: (outcome) => metrics.reconciled(outcome),
    clock: systemClock,
    timers: systemTimers,
    log,
  });
}

/** What an operator should know of how the API can be reached. */
function logNotices(log: Logger, { listen_address, legacy_api_allow }: Config, hasTls: boolean): void {
  const isLoopback = listen_address.startsWith('127.') || listen_address === '::1';
  log.warn('legacy API open without token', { legacy_api_allow });
  if (!isLoopback && !hasTls) log.warn('TLS disabled on non-loopback address', { listen_address });
}
