/** The API on a real server, with a node in memory. A token is the name of the role that it has, `admin` in all projects. */
import type { AccessPolicy } from '../../../src/core/identity/policy.ts';
import { Requester, type Role } from '../../../src/core/identity/requester.ts';
import { CheckService } from '../../../src/pat/check/service.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import type { Servers } from '../../../src/pat/services/api.ts';
import { RouterService } from '../../../src/pat/services/router-service.ts';
import type { Api } from '../../../src/server/http/api.ts';
import { createApp } from '../../../src/server/http/app.ts';
import { peerAddress } from '../../../src/server/http/client-address.ts';
import type { Endpoint } from '../../../src/server/http/endpoint.ts';
import { IdempotencyKeys } from '../../../src/server/http/idempotency.ts';
import type { Limits } from '../../../src/server/http/limits.ts';
import { Listener } from '../../../src/server/http/listener.ts';
import { HttpMetrics, ProcessMetrics } from '../../../src/server/http/metrics.ts';
import { type Document, openApiDocument } from '../../../src/server/http/openapi.ts';
import { pages } from '../../../src/server/http/pages.ts';
import { sendRawError } from '../../../src/server/http/raw-response.ts';
import { type Readiness, type ReadinessCheck, readinessOf } from '../../../src/server/http/readiness.ts';
import { patApi } from '../../../src/server/pat/api.ts';
import { PatMetrics } from '../../../src/server/pat/metrics.ts';
import { systemTimers } from '../../../src/system/clock.ts';
import { RequestContext } from '../../../src/system/request-context.ts';
import { type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { POLICY_BY_DEFAULT } from '../../support/requests.ts';

export const VERSION = '1.2.3';

const REQUESTERS: ReadonlyMap<string, Requester> = new Map(
  (['admin', 'member', 'reader'] as const satisfies readonly Role[]).flatMap((role): [string, Requester][] => [
    [role, new Requester({ name: role, role, projectId: role === 'member' ? 'blue' : null })],
    [`blue-${role}`, new Requester({ name: `blue-${role}`, role, projectId: 'blue' })],
  ]),
);

export const READY_CHECKS: readonly ReadinessCheck[] = ['store', 'kernel', 'reconcile'].map((name) => ({
  name,
  check: async () => undefined,
}));
export const READY: Readiness = readinessOf(READY_CHECKS);

const SERVERS: Servers = {
  list: async () => [
    {
      server_id: '5d1f0f6e-5a0f-4c0e-9f6a-7f1b2c3d4e5f',
      name: 'web',
      project_id: 'blue',
      status: 'ACTIVE',
      addresses: [],
      mappings: 0,
    },
  ],
};

export interface Call {
  readonly token?: Role | `blue-${Role}` | 'wrong' | 'none';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export class TestApi {
  /** Requests are authenticated after that. */
  authentication: Promise<void> = Promise.resolve();
  readonly node: FakeNode;
  readonly apis: readonly Api[];
  readonly document: Document;
  readonly #listener: Listener;

  /** `more` makes the APIs that only this test has, with their own metrics. */
  constructor(
    readiness: Readiness = READY,
    policy: AccessPolicy = POLICY_BY_DEFAULT,
    more: (metrics: ProcessMetrics) => readonly Api[] = () => [],
    limits?: Limits,
  ) {
    const node = fakeNode({ targets: localTargets(policy) });
    const { store, dataplane, clock, log, pat } = node;
    const context = new RequestContext();
    const agent = new Agent(dataplane, clock, log);
    const routers = new RouterService({ store, dataplane, clock, agent, settings: POLICY });
    const prober = { connect: async () => 'open' as const };
    const checks = new CheckService({ pat, store, dataplane, agent, prober, cloud: async () => undefined });
    const idempotency = new IdempotencyKeys(clock);
    const metrics = new ProcessMetrics();
    void new PatMetrics(metrics.registry, clock, async () => new Map());
    const requestId = (): string => context.requestId;
    const parts = { ...node, routers, checks, servers: SERVERS, policy, idempotency, requestId };
    this.node = node;
    this.apis = [patApi(parts), ...more(metrics)];
    this.document = openApiDocument(this.apis, { version: VERSION });
    const isOperator = async (request: { get(name: string): string | undefined }): Promise<boolean> =>
      REQUESTERS.get(request.get('X-Auth-Token') ?? '')?.kind === 'operator';
    const app = createApp({
      apis: this.apis,
      publicRoutes: [pages({ document: this.document, readiness, metrics, timers: systemTimers, isOperator })],
      authenticate: async (request) => {
        await this.authentication;
        const requester = REQUESTERS.get(request.get('X-Auth-Token') ?? '');
        if (requester === undefined) throw praasError('UNAUTHENTICATED', { reason: 'the token is not valid' });
        return requester;
      },
      addressOf: peerAddress,
      limits,
      policy,
      context,
      metrics: new HttpMetrics(metrics.registry),
      clock,
      newId: () => '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
      log,
    });
    const place = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: undefined } as const;
    this.#listener = new Listener(place, app, (error, socket, isResponding) =>
      sendRawError(error, socket, 'req-raw', isResponding),
    );
  }

  get endpoints(): readonly Endpoint[] {
    return this.apis.flatMap(({ endpoints }) => endpoints);
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
    return JSON.stringify({ stored, kernel: [router.hasBaseChains, router.inPlace(), router.flows] });
  }
}
