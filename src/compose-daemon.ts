/** The PAT agent, joined: the node's parts (compose.ts), the loop that keeps the kernel right, and the API before them. */
import { dirname, join } from 'node:path';
import { Controller } from './agent/controller.ts';
import { ROOT } from './auth/authenticator.ts';
import { composeTokens, joinNode, type Node, policyOf, type Surroundings } from './compose.ts';
import type { Config } from './config/keys.ts';
import { LiveConfig } from './config/live.ts';
import { RouterWatch } from './netfilter/watch.ts';
import type { Policy } from './pat/decision.ts';
import type { Status } from './pat/mapping.ts';
import type { Logger } from './pat/ports.ts';
import { addressOf, createApp } from './server/app.ts';
import { mappingEndpoints } from './server/endpoints/mappings.ts';
import { routerEndpoints } from './server/endpoints/routers.ts';
import { Gate } from './server/gate.ts';
import { IdempotencyKeys } from './server/idempotency.ts';
import { legacyRouter } from './server/legacy/router.ts';
import { Listener, type OnUnreadable, type TlsFiles } from './server/listener.ts';
import { Metrics } from './server/metrics.ts';
import { NodeReadiness } from './server/node-readiness.ts';
import { document } from './server/openapi.ts';
import { pages } from './server/pages.ts';
import { PatAgent } from './server/pat-agent.ts';
import { answerRaw } from './server/raw-answer.ts';
import { readTls } from './server/tls.ts';
import { newUuid, systemClock, systemTimers } from './system/clock.ts';
import { createExec, createStartTalk, isInstalled } from './system/exec.ts';
import { createFollow } from './system/follow.ts';
import { HelperExec } from './system/helper-exec.ts';
import { Interruption } from './system/interruption.ts';
import { FileLog } from './system/log.ts';
import { RequestContext } from './system/request-context.ts';

export interface DaemonSurroundings extends Surroundings {
  readonly version: string;
  /** What this node is called. */
  readonly host_name: string;
  /** Takes every line of the log as text. */
  readonly say: (line: string) => void;
}

/** A second daemon is told at once; a command that is changing something is waited for. */
const LOCK_TIMEOUT_SECONDS = 5;
/** What a request under way may need beside its slowest program. */
const GRACE_MS = 5000;
const SIGTERM = 15;

/** Gives the daemon, not started. Touches no file yet. */
export function composeDaemon(config: Config, surroundings: DaemonSurroundings): PatAgent<Config> {
  const { version, env } = surroundings;
  const interruption = new Interruption();
  const context = new RequestContext();
  const file = new FileLog(config.log_dir, 'pat-agent', surroundings.complain, surroundings.say);
  const log = context.logger(file);
  const settings = new LiveConfig(config);
  const helpers = helpersOf(config, env, interruption);
  const node = joinNode({
    config,
    exec: helpers.exec,
    surroundings,
    interruption,
    log,
    policy: livePolicy(settings),
    lock_timeout_seconds: Math.min(config.lock_timeout, LOCK_TIMEOUT_SECONDS),
    is_watched: true,
    touched: (record) => {
      controller.touched(record);
      void watch.follow([record.router_id]);
    },
  });
  const follow = createFollow(env, interruption.ending);
  const watch: RouterWatch = new RouterWatch({ directory: config.netns_dir, follow, exec: helpers.exec, log });
  const metrics = new Metrics(() => countByStatus(node));
  const controller: Controller = controllerOf(node, settings, metrics, log);
  const missingTools = (): readonly string[] => toolsOf(config).filter((tool) => !isInstalled(tool, env['PATH']));
  const readiness = new NodeReadiness({ ...node, controller, missingTools });
  return new PatAgent({
    settings,
    readTls,
    lock: () => node.files.open(),
    listeners: listenersOf({ config, surroundings, node, settings, metrics, readiness, context, log }),
    notices: (has_tls) => noticesOf(settings.current, has_tls),
    watch: {
      async start() {
        await watch.start((router_id, what) => controller.wake(router_id, what));
        await watch.follow(await node.store.routers());
      },
      stop: () => watch.stop(),
    },
    controller,
    log,
    version,
    grace_ms: config.command_timeout * 1000 + GRACE_MS,
    async close() {
      interruption.ask(SIGTERM);
      await helpers.stop();
      await node.files.close();
      await file.close();
    },
  });
}

function helpersOf(config: Config, env: NodeJS.ProcessEnv, interruption: Interruption): HelperExec {
  const timeout_ms = config.command_timeout * 1000;
  return new HelperExec({
    direct: createExec(timeout_ms, env, interruption.ending),
    startTalk: createStartTalk(env),
    new_id: newUuid,
    timeout_ms,
    directory: join(dirname(config.socket_path), 'helpers'),
  });
}

function controllerOf(node: Node, settings: LiveConfig, metrics: Metrics, log: Logger): Controller {
  return new Controller({
    routers: () => node.store.routers(),
    read: (router_id) => node.store.read(router_id),
    sync: (router_id) => node.pat.sync(router_id),
    period_ms: () => settings.current.reconcile_period * 1000,
    onReconciled: (reconciled) => metrics.reconciled(reconciled),
    clock: systemClock,
    timers: systemTimers,
    log,
  });
}

interface ApiParts {
  readonly config: Config;
  readonly surroundings: DaemonSurroundings;
  readonly node: Node;
  readonly settings: LiveConfig;
  readonly metrics: Metrics;
  readonly readiness: NodeReadiness;
  readonly context: RequestContext;
  readonly log: Logger;
}

/** The API twice: behind a gate on its port, and for root on its socket. */
function listenersOf(parts: ApiParts): (tls: TlsFiles | undefined) => readonly Listener[] {
  const { config, surroundings, node, settings, metrics, readiness, context, log } = parts;
  const { authenticator } = composeTokens(config, surroundings);
  const gate = new Gate(authenticator, (address) => {
    metrics.authenticationFailed();
    log.warn('not authenticated', { address });
  });
  const endpoints = [
    ...mappingEndpoints({
      pat: node.pat,
      idempotency: new IdempotencyKeys(systemClock),
      request_id: () => context.request_id,
    }),
    ...routerEndpoints({ ...node, request_id: () => context.request_id }),
  ];
  const { version } = surroundings;
  const open = [
    pages({ document: document(endpoints, { version }), readiness, metrics }),
    legacyRouter({
      pat: node.pat,
      clock: systemClock,
      log,
      allowed: () => settings.current.legacy_api_allow,
      node_names: [surroundings.host_name],
    }),
  ];
  const common = { endpoints, open, context, metrics, clock: systemClock, new_id: newUuid, log };
  const guarded = createApp({
    ...common,
    enter: (request) => gate.enter({ address: addressOf(request), token: request.get('X-Auth-Token') }),
  });
  const rootly = createApp({ ...common, enter: async () => ROOT });
  const unreadable: OnUnreadable = (error: NodeJS.ErrnoException, socket, is_answering) => {
    const request_id = `req-${newUuid()}`;
    log.info('unreadable request', { reason: error.code ?? error.message, request_id });
    answerRaw(error, socket, request_id, is_answering);
  };
  return (tls) => [
    new Listener({ kind: 'tcp', host: config.listen_address, port: config.port_app, tls }, guarded, unreadable),
    new Listener({ kind: 'socket', path: config.socket_path }, rootly, unreadable),
  ];
}

/** What an operator should know of how the API can be reached. */
function noticesOf(config: Config, has_tls: boolean): readonly string[] {
  const is_loopback = config.listen_address.startsWith('127.') || config.listen_address === '::1';
  const allowed = config.legacy_api_allow.join(', ') || 'nobody else';
  return [
    `the old API of the Proxy CLI asks for no token; it answers this node and ${allowed} (legacy_api_allow)`,
    ...(is_loopback || has_tls ? [] : ['tokens cross the network in clear text: set tls_cert and tls_key']),
  ];
}

function toolsOf({ backend }: Config): readonly string[] {
  const common = ['nsenter', 'setpriv', 'ip', 'ss', 'conntrack'];
  return [...common, ...(backend === 'iptables' ? ['iptables-save', 'iptables-restore'] : ['nft'])];
}

async function countByStatus({ pat }: Node): Promise<ReadonlyMap<Status, number>> {
  const { mappings } = await pat.list();
  return new Map([...Map.groupBy(mappings, ({ status }) => status)].map(([status, group]) => [status, group.length]));
}

/** The policy of the configuration in force, whichever that is when somebody asks. */
function livePolicy(settings: LiveConfig): Policy {
  const current = (): Policy => policyOf(settings.current);
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
