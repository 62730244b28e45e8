/** The monitor agent, joined: a process that keeps the daemon's mappings equal to the cloud, and says how it is. */
import { praasError } from '../pat/errors.ts';
import type { MonitorLoop } from '../pat/follow/loop.ts';
import { healthApp } from '../server/http/health-app.ts';
import { Listener } from '../server/http/listener.ts';
import { ProcessMetrics } from '../server/http/metrics.ts';
import { readinessOf } from '../server/http/readiness.ts';
import { MonitorMetrics } from '../server/pat/monitor-metrics.ts';
import { newUuid, systemTimers } from '../system/clock.ts';
import type { Config } from '../system/config/keys.ts';
import { LiveConfig } from '../system/config/live.ts';
import { FileLog } from '../system/log.ts';
import { buildCloud } from './cloud.ts';
import { Daemon } from './daemon.ts';
import { buildMonitor } from './monitor.ts';
import { connect } from './praas.ts';
import type { DaemonContext } from './runtime-context.ts';
import { composeServiceManager } from './service-manager.ts';

const GRACE_MS = 1000;

/** Gives the agent, not started. Throws CLOUD_NOT_CONFIGURED, CLOUD_CONFIG_INVALID, CONFIG_INVALID. */
export async function composeMonitorAgent(config: Config, surroundings: DaemonContext): Promise<Daemon<Config>> {
  const { env, complain, say, version } = surroundings;
  const log = new FileLog(config.log_dir, 'monitor-agent', complain, say);
  const settings = new LiveConfig(config);
  const joined = await buildCloud(config, env, log);
  if (joined === undefined) throw praasError('CLOUD_NOT_CONFIGURED', { what: 'the monitor', path: config.clouds_path });
  const praas = await connect({ kind: 'socket', path: config.socket_path });
  const metrics = new ProcessMetrics();
  const { loop } = await buildMonitor({
    config: () => settings.current,
    cloud: joined.cloud,
    pat: praas.pat,
    corrections: praas.corrections,
    metricsOf: (age) => new MonitorMetrics(metrics.registry, age),
    log,
  });
  return new Daemon({
    settings,
    readTls: async () => undefined,
    readFiles: async () => () => undefined,
    lock: async () => undefined,
    listeners: () => [listenerOf(config, loop, metrics)],
    summary: `follows ${joined.name}`,
    notices: () => [],
    parts: [{ start: async () => loop.start(), stop: () => loop.stop() }],
    supervisor: composeServiceManager(env, complain),
    log,
    version,
    graceMs: GRACE_MS,
    async close() {
      await praas.close();
      joined.close();
      await log.close();
    },
  });
}

function listenerOf(config: Config, loop: MonitorLoop, metrics: ProcessMetrics): Listener {
  const check = async (): Promise<void> => {
    if (loop.trouble !== undefined) throw new Error(loop.trouble);
  };
  const readiness = readinessOf([{ name: 'monitor', check }]);
  const app = healthApp({ readiness, metrics, timers: systemTimers, newId: newUuid });
  const place = { kind: 'tcp', host: config.listen_address, port: config.port_monitor, tls: undefined } as const;
  return new Listener(place, app, (_error, socket) => socket.destroy());
}
