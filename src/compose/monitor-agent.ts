/** The monitor agent, joined: a process that keeps the daemon's mappings equal to the cloud, and says how it is. */
import { messageOf } from '../core/errors/message-of.ts';
import type { Logger } from '../core/logger.ts';
import { praasError } from '../pat/errors.ts';
import type { MonitorLoop } from '../pat/follow/loop.ts';
import { monitorApp } from '../server/http/health-app.ts';
import { Listener } from '../server/http/listener.ts';
import { MonitorMetrics } from '../server/pat/monitor-metrics.ts';
import { newUuid } from '../system/clock.ts';
import type { Config } from '../system/config/keys.ts';
import { LiveConfig } from '../system/config/live.ts';
import { FileLog } from '../system/log.ts';
import { joinCloud } from './cloud.ts';
import { joinMonitor } from './monitor.ts';
import { connect } from './praas.ts';
import type { DaemonSurroundings } from './runtime-context.ts';

export interface MonitorAgent {
  /** What it does, in one line. */
  readonly summary: string;
  /** Listens, and begins. Throws LISTEN_FAILED. */
  start(): Promise<void>;
  /** Takes what may change in the configuration; a wrong one is said, and the old one stays. */
  reload(read: () => Promise<Config>): Promise<void>;
  stop(): Promise<void>;
}

/** Gives the agent, not started. Throws CLOUD_NOT_CONFIGURED, CLOUD_CONFIG_INVALID, CONFIG_INVALID. */
export async function composeMonitor(config: Config, surroundings: DaemonSurroundings): Promise<MonitorAgent> {
  const { env, complain, say, version } = surroundings;
  const log = new FileLog(config.log_dir, 'monitor-agent', complain, say);
  const settings = new LiveConfig(config);
  const joined = await joinCloud(config, env, log);
  if (joined === undefined) throw praasError('CLOUD_NOT_CONFIGURED', { what: 'following OpenStack' });
  const praas = await connect({ kind: 'socket', path: config.socket_path });
  const { loop, metrics } = await joinMonitor({
    config: () => settings.current,
    cloud: joined.cloud,
    pat: praas.pat,
    verdicts: praas.verdicts,
    metricsOf: (age) => new MonitorMetrics(age),
    log,
  });
  const listener = listenerOf(config, loop, metrics);
  return {
    summary: `follows ${joined.name}; listening on ${listener.where}`,
    async start() {
      await listener.open();
      log.info(`listening on ${listener.where}`, { version });
      loop.start();
    },
    async reload(read) {
      await takeOver(settings, read, log);
    },
    async stop() {
      await loop.stop();
      await listener.close(GRACE_MS);
      await praas.close();
      joined.close();
      await log.close();
    },
  };
}

const GRACE_MS = 1000;

function listenerOf(config: Config, loop: MonitorLoop, metrics: MonitorMetrics): Listener {
  const app = monitorApp({ trouble: () => loop.trouble, metrics, new_id: newUuid });
  const place = { kind: 'tcp', host: config.listen_address, port: config.port_monitor, tls: undefined } as const;
  return new Listener(place, app, (_error, socket) => socket.destroy());
}

async function takeOver(settings: LiveConfig, read: () => Promise<Config>, log: Logger): Promise<void> {
  try {
    const next = await read();
    const fixed = settings.fixed(next);
    settings.take(next);
    log.info('the configuration was read again', fixed.length > 0 ? { after_restart: fixed.join(', ') } : {});
  } catch (error) {
    log.warn('the configuration stays as it was', { reason: messageOf(error) });
  }
}
