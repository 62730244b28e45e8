/** What a command works with: this node directly, or a daemon here or elsewhere. The only door that commands use. */

import type { Checks } from '../pat/check/service.ts';
import type { Corrections } from '../pat/follow/correction.ts';
import type { Events } from '../pat/interfaces/events.ts';
import type { Pat, Quotas, Routers } from '../pat/services/api.ts';
import type { Imports } from '../pat/services/import-service.ts';
import type { Servers } from '../pat/services/server-service.ts';
import { newUuid } from '../system/clock.ts';
import type { Config } from '../system/config/keys.ts';
import { createExec } from '../system/exec.ts';
import type { DaemonAddress } from '../system/http/daemon-address.ts';
import { isListening } from '../system/http/socket.ts';
import { Interruption } from '../system/interruption.ts';
import { FileLog } from '../system/log.ts';
import type { ClientCloud } from './cloud.ts';
import { LazyCloud } from './lazy-cloud.ts';
import { buildNode, patSettingsOf, quotaOf } from './node.ts';
import type { RuntimeContext } from './runtime-context.ts';

export interface Praas {
  readonly pat: Pat;
  readonly routers: Routers;
  readonly servers: Servers;
  readonly quotas: Quotas;
  readonly checks: Checks;
  readonly events: Events;
  readonly corrections: Corrections;
  readonly imports: Imports;
  readonly interruption: Interruption;
  /** Lets go of everything: the lock, the log, connections to a daemon. */
  close(): Promise<void>;
}

/** Gives a praas that works directly on this node's store and kernel. Starts nothing and touches no file yet. */
export function compose(config: Config, surroundings: RuntimeContext): Praas {
  const interruption = new Interruption();
  const log = new FileLog(config.log_dir, 'praas', surroundings.complain);
  const cloud = new LazyCloud(config, surroundings.env, log);
  const { files, pat, routers, quotas, checks, events, corrections, imports } = buildNode({
    config,
    exec: createExec(config.command_timeout * 1000, surroundings.env, interruption.abortSignal),
    command: surroundings.command,
    interruption,
    log,
    settings: patSettingsOf(config),
    quota: () => quotaOf(config),
    cloud: { targets: cloud, groups: cloud, cloud: () => cloud.cloud() },
    lockTimeoutSeconds: config.lock_timeout,
    isWatched: false,
    retainDays: () => config.retain,
  });
  return {
    pat,
    routers,
    quotas,
    checks,
    events,
    corrections,
    imports,
    servers: cloud.servers(async () => (await pat.list()).mappings),
    interruption,
    async close() {
      await cloud.end();
      await files.close();
      await events.close();
      await log.close();
    },
  };
}

/** Gives a praas whose work the daemon at that place does. Connects with the first question. */
export async function connect(address: DaemonAddress): Promise<Praas> {
  const { openRemote } = await import('../pat/client/remote.ts');
  const { DaemonClient } = await import('../system/http/daemon-client.ts');
  const interruption = new Interruption();
  return { ...openRemote(new DaemonClient(address, interruption.abortSignal), newUuid), interruption };
}

/**
 * Gives the praas of this node: its daemon's where one answers on the socket, else one that works directly. A daemon that
 * is there and answers wrongly is never passed by. Throws NOT_PERMITTED, DAEMON_UNREACHABLE.
 */
export async function composeOrConnect(config: Config, surroundings: RuntimeContext): Promise<Praas> {
  const path = config.socket_path;
  const hasDaemon = await isListening(path, surroundings.command);
  return hasDaemon ? connect({ kind: 'socket', path }) : compose(config, surroundings);
}

/** A Keystone token of whoever types a command; undefined when nothing says who they are. Throws as Session.token does. */
export async function keystoneToken(asked: ClientCloud): Promise<string | undefined> {
  const { logIn } = await import('./cloud.ts');
  return logIn(asked);
}
