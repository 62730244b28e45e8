/** The API of the PAT agent: authentication, the APIs of the products, and the two addresses on which it listens. */

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ChainedAuthenticator } from '../core/identity/chained-authenticator.ts';
import type { AccessPolicy } from '../core/identity/policy.ts';
import { ROOT, type Role } from '../core/identity/requester.ts';
import { newRequestId } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { Servers } from '../pat/services/api.ts';
import { noServers, ServerService } from '../pat/services/server-service.ts';
import { type AppParts, createApp } from '../server/http/app.ts';
import type { Connections } from '../server/http/connections.ts';
import { Gate } from '../server/http/gate.ts';
import type { HealthParts } from '../server/http/health-pages.ts';
import { IdempotencyKeys } from '../server/http/idempotency.ts';
import { Listener, type OnUnreadable, type TlsFiles } from '../server/http/listener.ts';
import { HttpMetrics, type ProcessMetrics, registerLimits } from '../server/http/metrics.ts';
import { openApiDocument } from '../server/http/openapi.ts';
import { pages } from '../server/http/pages.ts';
import { sendRawError } from '../server/http/raw-response.ts';
import type { Readiness } from '../server/http/readiness.ts';
import { RefusalLog } from '../server/http/refusal-log.ts';
import { legacyRouter } from '../server/legacy/router.ts';
import { patApi } from '../server/pat/api.ts';
import { newUuid, systemClock, systemTimers } from '../system/clock.ts';
import { RequestContext } from '../system/request-context.ts';
import type { BuiltCloud } from './cloud.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';
import { LiveConfig } from './live-config.ts';
import type { Node } from './node.ts';
import { portLimits } from './port-limits.ts';
import type { DaemonContext } from './runtime-context.ts';
import { composeTokens } from './tokens.ts';

interface ApiParts {
  readonly config: Config;
  readonly runtime: DaemonContext;
  readonly node: Node;
  readonly builtCloud: BuiltCloud | undefined;
  readonly settings: LiveConfig;
  readonly access: AccessPolicy;
  readonly metrics: ProcessMetrics;
  readonly readiness: Readiness;
  readonly context: RequestContext;
  readonly log: Logger;
}

/** The address at the other end of a connection that is no request. */
function peerOf(socket: Duplex): string {
  return (socket instanceof Socket && socket.remoteAddress) || 'unknown';
}

/** The API twice: with tokens on its port, and for root on its socket. */
export function composeApi(parts: ApiParts): (tls: TlsFiles | undefined) => readonly Listener[] {
  const { config, runtime, node, builtCloud, settings, access, metrics, readiness, context, log } = parts;
  const { authenticator: tokens } = composeTokens(config, runtime);
  const roleOf = (roles: readonly string[]): Role | undefined => access.roleOf(roles);
  const authenticator = builtCloud ? new ChainedAuthenticator(tokens, builtCloud.authenticator(roleOf)) : tokens;
  const http = new HttpMetrics(metrics.registry);
  node.events.countLeftOut(() => http.limited('max_project_events_percent'));
  const refusals = new RefusalLog(log, systemClock);
  const gate = new Gate(
    authenticator,
    () => settings.current,
    (address) => {
      http.authenticationFailed();
      refusals.add('authentication failed', address, () => log.warn('authentication failed', { address }));
    },
  );
  const { connections, limits, addressOf } = portLimits(
    () => settings.current,
    (limit) => http.limited(limit),
  );
  registerLimits(metrics.registry, () => limitsOf(settings.current, connections));
  const idempotency = new IdempotencyKeys(systemClock);
  const servers = serversOf(parts);
  const apis = [patApi({ ...node, servers, policy: access, idempotency, requestId: () => context.requestId })];
  const { version } = runtime;
  const health = { document: openApiDocument(apis, { version }), readiness, metrics, timers: systemTimers };
  const legacy = legacyRouter({
    pat: node.pat,
    clock: systemClock,
    log,
    allowed: () => settings.current.legacy_api_allow,
    addressOf,
    nodeNames: [runtime.hostName],
  });
  const common = {
    apis,
    addressOf,
    policy: access,
    context,
    metrics: http,
    clock: systemClock,
    newId: newUuid,
    log,
  };
  const credentialsOf = (request: Parameters<AppParts['authenticate']>[0]) => ({
    address: addressOf(request) ?? 'unknown',
    token: request.get('X-Auth-Token'),
  });
  const authenticate: AppParts['authenticate'] = (request) => gate.authenticate(credentialsOf(request));
  const isKnown: AppParts['isKnown'] = (request) => gate.isKnown(credentialsOf(request));
  const publicRoutes = [pages({ ...health, isOperator: operatorsBy(authenticate) }), legacy];
  const tokenApp = createApp({ ...common, publicRoutes, limits, refusals, authenticate, isKnown });
  const socketApp = createApp({
    ...common,
    publicRoutes: [pages({ ...health, isOperator: async () => true }), legacy],
    authenticate: async ({ res: response }) => {
      response?.once('close', limits.attend(ROOT.caller));
      return ROOT;
    },
  });
  const unreadable: OnUnreadable = (error: NodeJS.ErrnoException, socket, isResponding) => {
    const requestId = newRequestId(newUuid);
    const reason = error.code ?? error.message;
    refusals.add('request unreadable', peerOf(socket), () =>
      log.info('request unreadable', { error: reason, request_id: requestId }),
    );
    sendRawError(error, socket, requestId, isResponding);
  };
  return (tls) => [
    new Listener(
      { kind: 'tcp', host: config.listen_address, port: config.port_app, tls },
      tokenApp,
      unreadable,
      connections,
    ),
    new Listener({ kind: 'socket', path: config.socket_path }, socketApp, unreadable),
  ];
}

/** Those in force, by their keys. */
function limitsOf(config: Config, connections: Connections): Readonly<Record<string, number>> {
  const { max_connections_per_address, max_requests_per_address, max_requests_per_caller } = config;
  const { failed_authentications_per_minute } = config;
  const { writes_per_minute, max_checks_per_caller, max_checks_per_router } = config;
  const { events_max_mib_per_day, max_project_events_percent } = config;
  return {
    max_connections: connections.most,
    max_connections_per_address,
    max_requests_per_address,
    max_requests_per_caller,
    failed_authentications_per_minute,
    writes_per_minute,
    max_checks_per_caller,
    max_checks_per_router,
    events_max_mib_per_day,
    max_project_events_percent,
  };
}

/** Whether the token of a request, which need not have one, is that of an operator. */
function operatorsBy(authenticate: AppParts['authenticate']): HealthParts['isOperator'] {
  return async (request) => {
    if (request.get('X-Auth-Token') === undefined) return false;
    return authenticate(request).then(
      ({ kind }) => kind === 'operator',
      () => false,
    );
  };
}

function serversOf({ config, runtime, node: { pat }, builtCloud }: ApiParts): Servers {
  if (builtCloud === undefined) return noServers(() => cloudNotConfigured(config, runtime.env));
  return new ServerService({ cloud: builtCloud.cloud, mappings: async () => (await pat.list({}, ROOT)).mappings });
}
