/** The monitor agent: a process that follows OpenStack for the daemon's mappings, with health and metrics. */
import type { MonitorLoop } from '../pat/follow/loop.ts';
import { healthApp } from '../server/http/health-app.ts';
import type { HealthParts } from '../server/http/health-pages.ts';
import { Listener } from '../server/http/listener.ts';
import { limitedCounter, ProcessMetrics } from '../server/http/metrics.ts';
import { readinessOf } from '../server/http/readiness.ts';
import { MonitorMetrics } from '../server/pat/monitor-metrics.ts';
import { newUuid, systemTimers } from '../system/clock.ts';
import { FileLog } from '../system/log.ts';
import { buildCloud } from './cloud.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';
import { Daemon } from './daemon.ts';
import { LiveConfig } from './live-config.ts';
import { buildMonitor } from './monitor.ts';
import { portLimits } from './port-limits.ts';
import { connect } from './praas.ts';
import type { DaemonContext } from './runtime-context.ts';
import { withExposedLogged } from './secret-files.ts';
import { composeServiceManager } from './service-manager.ts';

const GRACE_MS = 1000;

/** Gives the agent, not started. Throws CLOUD_NOT_CONFIGURED, CLOUD_CONFIG_INVALID, CONFIG_INVALID. */
export async function composeMonitorAgent(config: Config, runtime: DaemonContext): Promise<Daemon<Config>> {
  const { env, complain, say, version } = runtime;
  const log = new FileLog(config.log_dir, 'monitor-agent', complain, say);
  const settings = new LiveConfig(config);
  const builtCloud = await buildCloud(config, env, log);
  if (builtCloud === undefined) throw cloudNotConfigured(config, env);
  const praas = await connect({ kind: 'socket', path: config.socket_path });
  const metrics = new ProcessMetrics();
  const { loop } = await buildMonitor({
    config: () => settings.current,
    cloud: builtCloud.cloud,
    pat: praas.pat,
    corrections: praas.corrections,
    metricsOf: (age) => new MonitorMetrics(metrics.registry, age),
    log,
  });
  return new Daemon({
    settings,
    readFiles: withExposedLogged(log, runtime.configPath, async () => () => undefined),
    lock: async () => undefined,
    listeners: () => [listenerOf(config, settings, loop, metrics)],
    summary: `follows ${builtCloud.name}`,
    logNotices: () => undefined,
    parts: [{ start: async () => loop.start(), stop: () => loop.stop() }],
    supervisor: composeServiceManager(config, env, complain),
    log,
    reopenLog: () => log.reopen(),
    version,
    graceMs: GRACE_MS,
    async close() {
      await praas.close();
      builtCloud.close();
      await log.close();
    },
  });
}

function listenerOf(config: Config, settings: LiveConfig, loop: MonitorLoop, metrics: ProcessMetrics): Listener {
  const check = async (): Promise<void> => {
    if (loop.degradedReason !== undefined) throw new Error(loop.degradedReason);
  };
  const readiness = readinessOf([{ name: 'monitor', check }]);
  const limited = limitedCounter(metrics.registry);
  const { connections, limits, addressOf } = portLimits(() => settings.current, limited);
  // There are no tokens here: only the node itself is told why the monitor is not ready.
  const isOperator: HealthParts['isOperator'] = async (request) =>
    ['127.0.0.1', '::1'].includes(addressOf(request) ?? '');
  const app = healthApp({
    readiness,
    metrics,
    timers: systemTimers,
    newId: newUuid,
    isOperator,
    limits,
    addressOf,
    onLimited: limited,
  });
  const place = { kind: 'tcp', host: config.listen_address, port: config.port_monitor, tls: undefined } as const;
  return new Listener(place, app, (_error, socket) => socket.destroy(), connections);
}
