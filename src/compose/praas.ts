/** The services that commands call: of this node directly, of its daemon, or of a remote daemon. */

import { ROOT } from '../core/identity/requester.ts';
import type { PatServices } from '../pat/services/api.ts';
import { newUuid } from '../system/clock.ts';
import { createExec } from '../system/exec.ts';
import type { DaemonAddress } from '../system/http/daemon-address.ts';
import { isListening } from '../system/http/socket.ts';
import { Interruption } from '../system/interruption.ts';
import { FileLog } from '../system/log.ts';
import { programEnvironment } from '../system/program-environment.ts';
import type { ClientCloud } from './cloud.ts';
import type { Config } from './config.ts';
import { LazyCloud } from './lazy-cloud.ts';
import { buildCommandNode } from './node.ts';
import type { RuntimeContext } from './runtime-context.ts';

export interface Praas extends PatServices {
  readonly interruption: Interruption;
  /** Releases the lock, the log and connections to a daemon. */
  close(): Promise<void>;
}

/** The services on this node's store and kernel. Starts nothing and touches no file yet. */
export function compose(config: Config, runtime: RuntimeContext): Praas {
  const interruption = new Interruption();
  const log = new FileLog(config.log_dir, 'praas', runtime.complain);
  const cloud = new LazyCloud(config, runtime.env, log);
  const { files, pat, routers, quotas, checks, events, corrections, imports, follower } = buildCommandNode(config, {
    exec: createExec(
      config.command_timeout_seconds * 1000,
      programEnvironment(runtime.env, config.programs_path),
      interruption.abortSignal,
    ),
    command: runtime.command,
    interruption,
    log,
    cloud: { targets: cloud, groups: cloud, cloud: () => cloud.cloud() },
  });
  return {
    pat,
    routers,
    quotas,
    checks,
    events,
    corrections,
    imports,
    servers: cloud.servers(async () => (await pat.list({}, ROOT)).mappings),
    interruption,
    async close() {
      await follower.idle();
      await cloud.end();
      await files.close();
      await events.close();
      await log.close();
    },
  };
}

/** The services of the daemon at that address. Connects with the first request. */
export async function connect(address: DaemonAddress): Promise<Praas> {
  const { openRemote } = await import('../pat/client/remote.ts');
  const { DaemonClient } = await import('../system/http/daemon-client.ts');
  const interruption = new Interruption();
  return { ...openRemote(new DaemonClient(address, interruption.abortSignal), newUuid), interruption };
}

/**
 * The services of this node: its daemon's if one answers on the socket, else direct ones. A daemon that answers wrongly is
 * never bypassed. Throws NOT_PERMITTED, DAEMON_UNREACHABLE.
 */
export async function composeOrConnect(config: Config, runtime: RuntimeContext): Promise<Praas> {
  const path = config.socket_path;
  const hasDaemon = await isListening(path, runtime.command);
  return hasDaemon ? connect({ kind: 'socket', path }) : compose(config, runtime);
}

/** A Keystone token for the user of a command; undefined if no cloud is configured. Throws as Session.token does. */
export async function keystoneToken(client: ClientCloud): Promise<string | undefined> {
  const { requestToken } = await import('./cloud.ts');
  return requestToken(client);
}
