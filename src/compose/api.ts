/** The API of the PAT agent, joined: who may enter, what there is to ask, and the two places where it listens. */

import { ChainedAuthenticator } from '../core/identity/chained-authenticator.ts';
import type { AccessPolicy } from '../core/identity/policy.ts';
import { ROOT, type Role } from '../core/identity/requester.ts';
import type { Logger } from '../core/logger.ts';
import { noServers, ServerService, type Servers } from '../pat/services/server-service.ts';
import { addressOf, createApp } from '../server/http/app.ts';
import { Gate } from '../server/http/gate.ts';
import { IdempotencyKeys } from '../server/http/idempotency.ts';
import { Listener, type OnUnreadable, type TlsFiles } from '../server/http/listener.ts';
import { HttpMetrics, type ProcessMetrics } from '../server/http/metrics.ts';
import { document } from '../server/http/openapi.ts';
import { pages } from '../server/http/pages.ts';
import { answerRaw } from '../server/http/raw-answer.ts';
import type { Readiness } from '../server/http/readiness.ts';
import { legacyRouter } from '../server/legacy/router.ts';
import { patApi } from '../server/pat/api.ts';
import { newUuid, systemClock, systemTimers } from '../system/clock.ts';
import type { Config } from '../system/config/keys.ts';
import { LiveConfig } from '../system/config/live.ts';
import { RequestContext } from '../system/request-context.ts';
import { type BuiltCloud } from './cloud.ts';
import type { Node } from './node.ts';
import type { DaemonContext } from './runtime-context.ts';
import { composeTokens } from './tokens.ts';

export interface ApiParts {
  readonly config: Config;
  readonly surroundings: DaemonContext;
  readonly node: Node;
  readonly joined: BuiltCloud | undefined;
  readonly settings: LiveConfig;
  readonly access: AccessPolicy;
  readonly metrics: ProcessMetrics;
  readonly readiness: Readiness;
  readonly context: RequestContext;
  readonly log: Logger;
}

/** The API twice: behind a gate on its port, and for root on its socket. */
export function composeApi(parts: ApiParts): (tls: TlsFiles | undefined) => readonly Listener[] {
  const { config, surroundings, node, joined, settings, access, metrics, readiness, context, log } = parts;
  const { authenticator: own } = composeTokens(config, surroundings);
  const roleOf = (roles: readonly string[]): Role | undefined => access.roleOf(roles);
  const authenticator = joined ? new ChainedAuthenticator(own, joined.authenticator(roleOf)) : own;
  const http = new HttpMetrics(metrics.registry);
  const gate = new Gate(authenticator, (address) => {
    http.authenticationFailed();
    log.warn('not authenticated', { address });
  });
  const idempotency = new IdempotencyKeys(systemClock);
  const servers = serversOf(node, joined, config);
  const apis = [patApi({ ...node, servers, policy: access, idempotency, request_id: () => context.requestId })];
  const { version } = surroundings;
  const open = [
    pages({ document: document(apis, { version }), readiness, metrics, timers: systemTimers }),
    legacyRouter({
      pat: node.pat,
      clock: systemClock,
      log,
      allowed: () => settings.current.legacy_api_allow,
      nodeNames: [surroundings.hostName],
    }),
  ];
  const common = { apis, open, policy: access, context, metrics: http, clock: systemClock, newId: newUuid, log };
  const tokenApp = createApp({
    ...common,
    authenticate: (request) => gate.authenticate({ address: addressOf(request), token: request.get('X-Auth-Token') }),
  });
  const socketApp = createApp({ ...common, authenticate: async () => ROOT });
  const unreadable: OnUnreadable = (error: NodeJS.ErrnoException, socket, isAnswering) => {
    const request_id = `req-${newUuid()}`;
    log.info('unreadable request', { reason: error.code ?? error.message, request_id });
    answerRaw(error, socket, request_id, isAnswering);
  };
  return (tls) => [
    new Listener({ kind: 'tcp', host: config.listen_address, port: config.port_app, tls }, tokenApp, unreadable),
    new Listener({ kind: 'socket', path: config.socket_path }, socketApp, unreadable),
  ];
}

function serversOf({ pat }: Node, joined: BuiltCloud | undefined, config: Config): Servers {
  if (joined === undefined) return noServers(config.clouds_path);
  return new ServerService({ cloud: joined.cloud, mappings: async () => (await pat.list()).mappings });
}
