/** The API on a real server, before a node in memory. Whoever names a role as token has it, `admin` in all projects. */
import type { Principal, Role } from '../../../src/core/identity/authenticator.ts';
import { type AccessPolicy, DEFAULT_POLICY } from '../../../src/core/identity/policy.ts';
import { CheckService } from '../../../src/pat/check/service.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import { RouterService } from '../../../src/pat/services/router-service.ts';
import { createApp } from '../../../src/server/http/app.ts';
import type { Endpoint } from '../../../src/server/http/endpoint.ts';
import { IdempotencyKeys } from '../../../src/server/http/idempotency.ts';
import { Listener } from '../../../src/server/http/listener.ts';
import { Metrics } from '../../../src/server/http/metrics.ts';
import { type Document, document } from '../../../src/server/http/openapi.ts';
import { pages } from '../../../src/server/http/pages.ts';
import { answerRaw } from '../../../src/server/http/raw-answer.ts';
import type { Readiness } from '../../../src/server/http/readiness.ts';
import { eventEndpoints } from '../../../src/server/pat/events.ts';
import { mappingEndpoints } from '../../../src/server/pat/mappings.ts';
import { quotaEndpoints } from '../../../src/server/pat/quotas.ts';
import { routerEndpoints } from '../../../src/server/pat/routers.ts';
import { RequestContext } from '../../../src/system/request-context.ts';
import { type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';

export const VERSION = '1.2.3';

const PRINCIPALS: ReadonlyMap<string, Principal> = new Map(
  (['admin', 'member', 'reader'] as const satisfies readonly Role[]).flatMap((role): [string, Principal][] => [
    [role, { name: role, role, project_id: role === 'member' ? 'blue' : null }],
    [`blue-${role}`, { name: `blue-${role}`, role, project_id: 'blue' }],
  ]),
);

export const READY: Readiness = {
  check: async () => [
    { name: 'store', ok: true, detail: '' },
    { name: 'kernel', ok: true, detail: '' },
    { name: 'reconcile', ok: true, detail: '' },
  ],
};

export interface Call {
  readonly token?: Role | `blue-${Role}` | 'wrong' | 'none';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export class TestApi {
  readonly node: FakeNode;
  readonly endpoints: readonly Endpoint[];
  readonly document: Document;
  readonly #listener: Listener;

  /** `more` are endpoints that only this test has. */
  constructor(readiness: Readiness = READY, more: readonly Endpoint[] = [], policy: AccessPolicy = DEFAULT_POLICY) {
    const node = fakeNode({ actor: () => context.actor });
    const { store, dataplane, clock, log, pat, imports } = node;
    const context = new RequestContext();
    const agent = new Agent(dataplane, clock, log);
    const routers = new RouterService({ store, dataplane, clock, agent, policy: POLICY });
    const prober = { connect: async () => 'open' as const };
    const checks = new CheckService({ pat, store, dataplane, agent, prober, cloud: async () => undefined });
    const idempotency = new IdempotencyKeys(clock);
    const metrics = new Metrics(async () => new Map());
    this.node = node;
    this.endpoints = [
      ...mappingEndpoints({ pat, routers, checks, idempotency, policy, request_id: () => context.request_id }),
      ...routerEndpoints({ routers, pat, imports, policy, request_id: () => context.request_id }),
      ...quotaEndpoints(node.quotas),
      ...eventEndpoints(node),
      ...more,
    ];
    this.document = document(this.endpoints, { version: VERSION });
    const app = createApp({
      endpoints: this.endpoints,
      open: [pages({ document: this.document, readiness, metrics })],
      enter: async (request) => {
        const principal = PRINCIPALS.get(request.get('X-Auth-Token') ?? '');
        if (principal === undefined) throw praasError('UNAUTHENTICATED', { reason: 'the token is not valid' });
        return principal;
      },
      policy,
      context,
      metrics,
      clock,
      new_id: () => '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
      log,
    });
    const place = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: undefined } as const;
    this.#listener = new Listener(place, app, (error, socket, is_answering) =>
      answerRaw(error, socket, 'req-raw', is_answering),
    );
  }

  get url(): string {
    return this.#listener.where;
  }

  open(): Promise<void> {
    return this.#listener.open();
  }

  close(): Promise<void> {
    return this.#listener.close(0);
  }

  call(method: string, path: string, { token = 'admin', headers = {}, json }: Call = {}): Promise<Response> {
    return fetch(this.url + path, {
      method: method.toUpperCase(),
      headers: {
        ...(token !== 'none' && { 'X-Auth-Token': token }),
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
  }

  /** All that is stored and all that is in the kernel, as one text. */
  async state(): Promise<string> {
    const { store, router } = this.node;
    const records = await Promise.all((await store.routers()).map((router_id) => store.read(router_id)));
    const stored = records.map((record) => ({ ...record, mappings: [...record.mappings] }));
    return JSON.stringify({ stored, kernel: [router.has_frame, router.inPlace(), router.flows] });
  }
}
