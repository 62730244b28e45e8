/** The monitor: what it compares, what it corrects, and when. Runs in the daemon, or in its own process. */

import { ROOT } from '../core/identity/requester.ts';
import type { Logger } from '../core/logger.ts';
import { MonitorLoop } from '../pat/follow/loop.ts';
import { type MappingAccess, Monitor, type SweepOptions, type SweepReport } from '../pat/follow/monitor.ts';
import { RemovalGuard } from '../pat/follow/removal-guard.ts';
import type { Cloud } from '../pat/interfaces/cloud.ts';
import type { Corrections, Pat } from '../pat/services/api.ts';
import type { MonitorMetrics } from '../server/pat/monitor-metrics.ts';
import { systemClock, systemTimers } from '../system/clock.ts';
import { FileLog } from '../system/log.ts';
import { buildCloud } from './cloud.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';
import { notificationsOf } from './notifications.ts';
import type { RuntimeContext } from './runtime-context.ts';

export interface MonitorParts {
  /** The one in force, whichever that is when it is asked. */
  readonly config: () => Config;
  readonly cloud: Cloud;
  readonly pat: Pick<Pat, 'list'>;
  readonly corrections: Corrections;
  /** Made of the loop, whose age they show. */
  readonly metricsOf: (ageSeconds: () => number | undefined) => MonitorMetrics;
  readonly log: Logger;
}

interface BuiltMonitor {
  readonly loop: MonitorLoop;
  readonly metrics: MonitorMetrics;
}

/** Gives the monitor, not started. Throws CONFIG_INVALID for a file of the message broker's URL that cannot be read. */
export async function buildMonitor(parts: MonitorParts): Promise<BuiltMonitor> {
  const { config, log } = parts;
  const monitor = monitorOf(parts);
  const notifications = await notificationsOf(config(), log);
  const metrics = parts.metricsOf(() => loop.ageSeconds);
  const loop: MonitorLoop = new MonitorLoop({
    monitor,
    notifications,
    periodMs: () => config().second_monitoring * 1000,
    timers: systemTimers,
    clock: systemClock,
    log,
    onCycle: ({ kind, seconds, report }) =>
      metrics.cycleEnded({
        kind,
        seconds,
        isOk: report !== undefined,
        actions: report?.applied.map(({ correction }) => correction.action) ?? [],
      }),
  });
  return { loop, metrics };
}

/** One sweep, asked for by a person. Throws CLOUD_NOT_CONFIGURED, and as Monitor.sweep does. */
export async function sweepOnce(
  config: Config,
  { env, complain }: Pick<RuntimeContext, 'env' | 'complain'>,
  praas: { readonly pat: Pick<Pat, 'list'>; readonly corrections: Corrections },
  options: SweepOptions,
): Promise<SweepReport> {
  const log = new FileLog(config.log_dir, 'monitor-agent', complain);
  const builtCloud = await buildCloud(config, env, log);
  try {
    if (builtCloud === undefined) throw cloudNotConfigured(config, env);
    return await monitorOf({ ...praas, config: () => config, cloud: builtCloud.cloud, log }).sweep(options);
  } finally {
    builtCloud?.close();
    await log.close();
  }
}

function monitorOf({ config, cloud, pat, corrections, log }: Omit<MonitorParts, 'metricsOf'>): Monitor {
  const mappings: MappingAccess = {
    list: async (relatedTo) =>
      (await pat.list(relatedTo === undefined ? {} : { related_to: relatedTo }, ROOT)).mappings,
    apply: (found) => corrections.apply(found),
  };
  const guard = new RemovalGuard(() => config().max_removals_percent);
  return new Monitor({ cloud, mappings, guard, clock: systemClock, log });
}
