/** The only file that knows every adapter: builds the graph once, from a validated configuration. */
import { Agent } from './agent/agent.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { TokenAuthenticator } from './auth/token-authenticator.ts';
import { TokenService } from './auth/token-service.ts';
import type { Place } from './client/place.ts';
import { isAnswered } from './client/socket.ts';
import type { Config } from './config/keys.ts';
import type { Backend } from './netfilter/backend.ts';
import { NetfilterDataplane } from './netfilter/dataplane.ts';
import { IptablesBackend } from './netfilter/iptables/backend.ts';
import { Namespaces } from './netfilter/namespace.ts';
import { NftablesBackend } from './netfilter/nftables/backend.ts';
import type { Policy } from './pat/decision.ts';
import type { Pat, Routers } from './pat/pat.ts';
import type { Logger, MappingStore } from './pat/ports.ts';
import type { RouterRecord } from './pat/record.ts';
import { RouterService } from './pat/router-service.ts';
import { PatService } from './pat/service.ts';
import { FileStore } from './store/file-store.ts';
import { FileTokenStore } from './store/token-store.ts';
import { newSecret, newUuid, systemClock } from './system/clock.ts';
import { createExec, type Exec } from './system/exec.ts';
import { Interruption } from './system/interruption.ts';
import { FileLog } from './system/log.ts';

export interface Praas {
  readonly pat: Pat;
  readonly routers: Routers;
  readonly interruption: Interruption;
  /** Lets go of everything: the lock, the log, connections to a daemon. */
  close(): Promise<void>;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** What is being run, for whoever waits for the lock meanwhile. */
  readonly command: string;
  /** Takes sentences that the operator should read although the work goes on. */
  readonly complain: (sentence: string) => void;
}

/** The parts that commands and the daemon have in common, joined. Starts nothing and touches no file yet. */
export interface Node {
  readonly dataplane: NetfilterDataplane;
  readonly files: FileStore;
  /** As `files`, but nothing in it is interrupted half way. */
  readonly store: MappingStore;
  readonly agent: Agent;
  readonly pat: PatService;
  readonly routers: RouterService;
}

export interface NodeParts {
  readonly config: Config;
  readonly exec: Exec;
  readonly surroundings: Pick<Surroundings, 'command'>;
  readonly interruption: Interruption;
  readonly log: Logger;
  /** May change while the node works. */
  readonly policy: Policy;
  readonly lock_timeout_seconds: number;
  /** Whether somebody looks often enough for counters to mean something. */
  readonly is_watched: boolean;
  /** Told of the record after each transaction. */
  readonly touched?: (record: RouterRecord) => void;
}

export function joinNode(parts: NodeParts): Node {
  const { config, exec, interruption, log, policy } = parts;
  const { command } = parts.surroundings;
  const namespaces = new Namespaces(exec, config.netns_dir);
  const dataplane = new NetfilterDataplane(namespaces, ...backendsOf(config, namespaces));
  const { state_dir } = config;
  const files = new FileStore({
    state_dir,
    lock_timeout_seconds: parts.lock_timeout_seconds,
    exec,
    clock: systemClock,
    command,
  });
  const store = shielded(files, interruption, parts.touched);
  const agent = new Agent(dataplane, systemClock, log);
  const common = { store, dataplane, agent, clock: systemClock, new_id: newUuid, log, policy, state_dir };
  const pat = new PatService({ ...common, ...(parts.is_watched && { counters: agent }) });
  return { dataplane, files, store, agent, pat, routers: new RouterService(common) };
}

/** What of the configuration decides about mappings. */
export function policyOf({ router_port_range, reserved_ports, masquerade }: Config): Policy {
  return { router_port_range, reserved_ports, masquerade };
}

/** Gives a praas that works directly on this node's store and kernel. Starts nothing and touches no file yet. */
export function compose(config: Config, surroundings: Surroundings): Praas {
  const interruption = new Interruption();
  const log = new FileLog(config.log_dir, 'praas', surroundings.complain);
  const { files, pat, routers } = joinNode({
    config,
    exec: createExec(config.command_timeout * 1000, surroundings.env, interruption.ending),
    surroundings,
    interruption,
    log,
    policy: policyOf(config),
    lock_timeout_seconds: config.lock_timeout,
    is_watched: false,
  });
  return {
    pat,
    routers,
    interruption,
    async close() {
      await files.close();
      await log.close();
    },
  };
}

function backendsOf(config: Config, namespaces: Namespaces): [Backend, Backend] {
  const iptables = new IptablesBackend(namespaces, {
    wait_seconds: config.xtables_wait,
    neutron_lock_path: config.neutron_lock_path,
  });
  const nftables = new NftablesBackend(namespaces);
  return config.backend === 'iptables' ? [iptables, nftables] : [nftables, iptables];
}

/** A change that has begun is not interrupted: the store and the kernel would differ until somebody puts it right. */
function shielded(
  store: MappingStore,
  interruption: Interruption,
  touched: NodeParts['touched'] = () => undefined,
): MappingStore {
  return {
    routers: () => store.routers(),
    read: (router_id) => store.read(router_id),
    transaction: (router_id, work) =>
      store.transaction(router_id, (transaction) =>
        interruption.shield(async () => {
          try {
            return await work(transaction);
          } finally {
            touched(transaction.record);
          }
        }),
      ),
  };
}

/** Gives a praas whose work the daemon at that place does. Connects with the first question. */
export async function connect(place: Place): Promise<Praas> {
  const { openRemote } = await import('./client/remote.ts');
  const interruption = new Interruption();
  return { ...openRemote(place, interruption.ending, newUuid), interruption };
}

/**
 * Gives the praas of this node: its daemon's where one answers on the socket, else one that works directly. A daemon that
 * is there and answers wrongly is never passed by. Throws NOT_PERMITTED, DAEMON_UNREACHABLE.
 */
export async function composeOrConnect(config: Config, surroundings: Surroundings): Promise<Praas> {
  const path = config.socket_path;
  const has_daemon = await isAnswered(path, surroundings.command);
  return has_daemon ? connect({ kind: 'socket', path }) : compose(config, surroundings);
}

export interface Tokens {
  readonly tokens: TokenService;
  readonly authenticator: Authenticator;
}

/** Gives the API tokens of this node, for commands and the daemon alike. Touches no file yet. */
export function composeTokens(config: Config, { env, command }: Pick<Surroundings, 'env' | 'command'>): Tokens {
  const store = new FileTokenStore({
    path: config.tokens_path,
    exec: createExec(config.command_timeout * 1000, env),
    clock: systemClock,
    lock_timeout_seconds: config.lock_timeout,
    command,
  });
  const parts = { store, clock: systemClock, new_id: newUuid, new_secret: newSecret };
  return { tokens: new TokenService(parts), authenticator: new TokenAuthenticator(store, systemClock) };
}
