import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import { type Readiness, readinessReport } from '../../../src/server/http/readiness.ts';
import { systemTimers } from '../../../src/system/clock.ts';
import { type Call, READY, TestApi } from './api.ts';

const PATHS = ['/', '/openapi.json', '/docs', '/healthz', '/readyz', '/metrics'];

let api: TestApi;
/** The readiness that /readyz reports; a test replaces it. */
let readiness: Readiness;

beforeEach(async () => {
  readiness = READY;
  api = new TestApi({ ...READY, check: () => readiness.check() });
  await api.open();
});

afterEach(() => api.close());

const get = (path: string, call: Call = {}): Promise<Response> => api.call('get', path, { token: 'none', ...call });

describe.each(PATHS)('%s', (path) => {
  test('answers without a token, with a request id', async () => {
    const response = await get(path);

    expect(response.status).toBe(200);
    expect(response.headers.get('X-Openstack-Request-Id')).toMatch(/^req-/);
    expect(await response.text()).not.toBe('');
  });

  test('answers HEAD as GET, without a body', async () => {
    const [head, whole] = [await api.call('head', path), await get(path)];

    expect(head.status).toBe(200);
    expect(head.headers.get('Content-Type')).toBe(whole.headers.get('Content-Type'));
    expect(await head.text()).toBe('');
  });

  test.each(['post', 'put', 'patch', 'delete', 'options'])('refuses %s, and says what is allowed', async (method) => {
    const response = await api.call(method, path);

    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('GET, HEAD');
    expect(await response.json()).toMatchObject({ errors: [{ code: 'praas.method-not-allowed', status: 405 }] });
  });
});

test('the version document has the form of the OpenStack services, with links for this client', async () => {
  const response = await get('/');

  expect(await response.json()).toEqual({
    versions: [
      {
        id: 'v1.0',
        status: 'CURRENT',
        version: '',
        min_version: '',
        updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        links: [{ rel: 'self', href: `${api.url}/v1/` }],
      },
    ],
  });
});

test.each([
  ['node:3000', 'http://node:3000/v1/'],
  ['[', 'http://localhost/v1/'],
  ['a b', 'http://localhost/v1/'],
  ['node/evil?x#', 'http://node/v1/'],
])('a Host header of %j cannot break the links', async (host, href) => {
  const body = await new Promise<string>((resolve, reject) => {
    request(api.url, { headers: { Host: host } }, (response) => resolve(text(response)))
      .on('error', reject)
      .end();
  });

  expect(JSON.parse(body)).toMatchObject({ versions: [{ links: [{ href }] }] });
});

test('/openapi.json is the document', async () => {
  const response = await get('/openapi.json');

  expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(api.document)));
});

test('/docs comes with a policy under which it is shown as it should be, over HTTP too', async () => {
  const response = await get('/docs');

  expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(response.headers.get('Content-Security-Policy')).not.toContain('upgrade-insecure-requests');
});

test('every other page keeps the policy of helmet', async () => {
  expect((await get('/')).headers.get('Content-Security-Policy')).toContain("script-src 'self'");
});

test('/healthz answers ok', async () => {
  expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
});

test("/metrics is in Prometheus' form and counts the requests", async () => {
  await get('/healthz');
  const response = await get('/metrics');

  expect(response.headers.get('Content-Type')).toContain('text/plain; version=0.0.4');
  expect(await response.text()).toMatch(/^praas_http_requests_total\{method="GET",route="\/healthz",code="200"\} 1$/m);
});

describe('/readyz', () => {
  const status = async (): Promise<[number, unknown]> => {
    const response = await get('/readyz', { token: 'admin' });
    return [response.status, await response.json()];
  };

  test.each(['none', 'wrong', 'blue-admin'] as const)('tells the reason to nobody else (token: %s)', async (token) => {
    const secret = { name: 'reconcile', ok: false, detail: 'reconcile failed for 3 routers: qrouter-1: /srv/state' };
    readiness = { ...READY, check: async () => [...(await READY.check()).slice(0, 2), secret] };
    const response = await get('/readyz', { token });
    const body = await response.text();

    expect(response.status).toBe(503);
    expect(body).toContain('"name":"reconcile","ok":false');
    for (const told of ['3 routers', 'qrouter', '/srv']) expect(body).not.toContain(told);
    expect(JSON.stringify(await status())).toContain('qrouter-1: /srv/state');
  });

  test('is ready when every check is ok', async () => {
    expect(await status()).toEqual([200, { ready: true, degraded: false, checks: await READY.check() }]);
  });

  test('is not ready when one check fails, and names it with the reason', async () => {
    const bad = { name: 'kernel', ok: false, detail: 'nft is not installed' } as const;
    const checks = [...(await READY.check()).filter(({ name }) => name !== 'kernel'), bad];
    readiness = { ...READY, check: async () => checks };

    expect(await status()).toEqual([503, { ready: false, degraded: false, checks }]);
  });

  test('is not ready when the checks throw; errors of the catalogue are shown', async () => {
    const error = praasError('STORE_UNREADABLE', { path: '/srv/state', reason: 'EIO' });
    readiness = { ...READY, check: () => Promise.reject(error) };

    const detail = `${error.message}. ${error.nextSteps[0]}`;
    const checks = ['store', 'kernel', 'reconcile'].map((name) => ({ name, ok: false, detail }));
    expect(await status()).toEqual([503, { ready: false, degraded: false, checks }]);
  });

  test('tells nothing of the inside', async () => {
    readiness = {
      ...READY,
      check: async () => {
        throw new Error('a secret of the inside');
      },
    };
    const [code, body] = await status();

    expect(code).toBe(503);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('is not ready when the checks take too long', async () => {
    const answer = await readinessReport({ ...READY, check: () => new Promise(() => undefined) }, systemTimers, 20);

    expect(answer.ready).toBe(false);
    expect(answer.checks).toHaveLength(3);
    expect(answer.checks[0]).toEqual({
      name: 'store',
      ok: false,
      detail: expect.stringContaining('0.02 seconds'),
    });
  });
});
