// Ten thousand bad requests. None is answered with 5xx, none ends the server, and afterwards everything stored and everything
// in the kernel is exactly as before. What is bad is decided by the document of the API, not by this test: a request is sent
// as "refused" when the document forbids it, or when it names what is not there. A failure prints the seed that repeats it.
import { Agent, METHODS, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Schema } from '../../../src/server/http/schema-text.ts';
import { CALLER, GATEWAY, idOf, REQUEST, ROUTER } from '../../support/samples.ts';
import { TestApi } from './api.ts';
import { Contract, type Operation } from './contract.ts';
import { oddJson, oddName, oddText } from './odd.ts';

interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}
/** Status, or 0 when the connection was closed instead. */
type Fired = { readonly status: number; readonly text: string };

const RUNS = { queries: 2500, bodies: 4000, paths: 2000, methods: 600, headers: 1300, raw: 700 };
const MAPPING_ID = idOf(1);
const LATIN = /[^\u0021-\u007e]/g;
const JSON_TYPE = { 'Content-Type': 'application/json' };

const api = new TestApi();
const contract = new Contract(api.document);
const pool = new Agent({ keepAlive: true, maxSockets: 4 });
let before = '';
/** Requests that were refused, or whose connection was closed. */
let refused = 0;

beforeAll(async () => {
  await api.open();
  await api.node.pat.create({ ...REQUEST, name: 'ssh', allowed_cidrs: ['198.51.100.0/24'] });
  await api.node.pat.create({ ...REQUEST, server_port: 53, protocol: 'udp', project_id: 'blue' });
  api.node.router.connect(CALLER, { protocol: 'tcp', gateway_ip: GATEWAY, router_port: 4000 });
  before = await api.state();
});

afterAll(async () => {
  pool.destroy();
  await api.close();
});

function fire({ method, path, headers, body }: Shot): Promise<Fired> {
  return new Promise((resolve, reject) => {
    const given = { 'X-Auth-Token': 'admin', ...headers };
    const asked = request(api.url, { method, path, headers: given, agent: pool }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', () => resolve({ status: 0, text: '' }));
    });
    asked.on('error', (error: NodeJS.ErrnoException) =>
      ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? resolve({ status: 0, text: '' }) : reject(error),
    );
    asked.end(body);
  });
}

async function unharmed(): Promise<void> {
  expect(await api.state()).toBe(before);
}

/** Whatever it is, the server survives it and nothing changes. */
async function survives(shot: Shot): Promise<Fired> {
  const fired = await fire(shot);
  if (fired.status === 0 || fired.status >= 400) refused++;
  if (fired.status >= 500) throw new Error(`${fired.status}: ${fired.text}`);
  if (fired.text.includes('node_modules') || fired.text.includes('.ts:')) throw new Error(`a stack: ${fired.text}`);
  await unharmed();
  return fired;
}

/** It is refused, in the form in which everything is refused. */
async function isRefused(shot: Shot): Promise<Fired> {
  const fired = await survives(shot);
  if (fired.status < 400) throw new Error(`${fired.status} instead of a refusal: ${fired.text}`);
  if (shot.method !== 'HEAD') {
    expect(JSON.parse(fired.text)).toMatchObject({
      errors: [{ status: fired.status, request_id: expect.any(String) }],
    });
  }
  return fired;
}

const check = <T>(runs: number, arbitrary: fc.Arbitrary<T>, predicate: (value: T) => Promise<unknown>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(arbitrary, async (value) => void (await predicate(value))),
    { numRuns: runs },
  );

const pathOf = ({ path }: Operation): string => path.replace('{id}', path.includes('routers') ? ROUTER : MAPPING_ID);
/** Longer ones may be too large for Node's 16 KiB of line and headers, whatever they say. */
const LONG_LINE = 15_000;
/** What is done when nothing but a header of little weight is strange. */
const DONE: readonly (string | undefined)[] = ['applyCorrections', 'updateMapping', 'updateQuota'];
/** A body that is allowed, and that is refused all the same: no such server, or no such mapping. */
function harmlessBody({ operationId, body }: Operation): string | undefined {
  if (operationId === 'createMappings') return JSON.stringify({ mapping: { ...REQUEST, server_ip: '192.0.2.1' } });
  if (operationId === 'deleteMappings') return JSON.stringify({ ids: [idOf(99)] });
  return body && JSON.stringify(body.examples?.[0]);
}
const allowed = (operation: Operation): Shot => {
  const body = harmlessBody(operation);
  return { method: operation.method.toUpperCase(), path: pathOf(operation), headers: body ? JSON_TYPE : {}, body };
};

const WITH_QUERY = contract.operations.filter(({ query }) => query.length > 0);
const WITH_BODY = contract.operations.filter(({ body }) => body !== undefined);
const object = (fields: readonly (readonly [string, string])[]): string =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;

/** Of every object of the document. */
const FIELDS = [
  ...new Set(
    Object.values(api.document.components?.schemas ?? {}).flatMap((each) =>
      Object.keys((each as Schema).properties ?? {}),
    ),
  ),
];
/** One of them; a failure shows its name and not all of it. */
const oneOf = (operations: readonly Operation[]): fc.Arbitrary<Operation> =>
  fc.constantFrom(...operations.map((each) => ({ ...each, [fc.toStringMethod]: () => each.operationId })));

/** Bodies near those that are allowed: a field more, less, twice, or with another value, at every depth. */
function bodiesNear({ body }: Operation): fc.Arbitrary<string> {
  const example = body?.examples?.[0] as Readonly<Record<string, unknown>>;
  const [[top, inside] = ['', undefined]] = Object.entries(example);
  const entries = (value: unknown): [string, string][] =>
    Object.entries(value ?? {}).map(([name, each]) => [name, JSON.stringify(each)]);
  const field = fc.tuple(fc.oneof(fc.constantFrom(...FIELDS), oddName), oddJson);
  const near = fc
    .tuple(fc.subarray(entries(inside)), fc.array(field, { minLength: 1, maxLength: 3 }))
    .map(([kept, added]) => object([...kept, ...added]));
  return fc.oneof(
    near.map((text) => object([[top, text]])),
    near.map((text) => object([['mappings', `[${text},${JSON.stringify(inside)}]`]])),
    fc.array(oddJson, { maxLength: 3 }).map((items) => object([[top, `[${items.join(',')}]`]])),
    fc.tuple(oddName, oddJson).map((each) => object([...entries(example), each])),
    oddJson,
  );
}

/** Whether a text is a body that the document allows; what is no JSON it cannot allow. */
function allowsBody(operation: Operation, text: string): boolean {
  try {
    return contract.whyNotBody(operation, JSON.parse(text)) === undefined;
  } catch {
    return false;
  }
}

describe('what the document forbids is refused', () => {
  test('in queries: unknown, doubled, wrong', async () => {
    const pair = (operation: Operation) =>
      fc.tuple(fc.oneof(fc.constantFrom(...operation.query.map(({ name }) => name)), oddName), oddText);
    const bad = oneOf(WITH_QUERY)
      .chain((operation) => fc.tuple(fc.constant(operation), fc.array(pair(operation), { minLength: 1, maxLength: 4 })))
      .map(
        ([operation, pairs]) => [operation, pairs.map(([name, text]) => [name, text.toWellFormed()] as const)] as const,
      )
      .filter(([operation, pairs]) => contract.forbidsQuery(operation, pairs));

    await check(RUNS.queries, bad, async ([operation, pairs]) => {
      const query = pairs.map((each) => each.map(encodeURIComponent).join('=')).join('&');
      const shot = allowed(operation);
      const { status } = await isRefused({ ...shot, path: `${shot.path}?${query}` });
      expect([400, ...(query.length > LONG_LINE ? [431] : [])]).toContain(status);
    });
  });

  test('in bodies: wrong types, out of range, unknown fields, names of prototypes, no JSON at all', async () => {
    const bad = oneOf(WITH_BODY)
      .chain((operation) => fc.tuple(fc.constant(operation), bodiesNear(operation)))
      .filter(([operation, text]) => !allowsBody(operation, text));

    await check(RUNS.bodies, bad, async ([operation, body]) => {
      expect((await isRefused({ ...allowed(operation), body })).status).toBe(400);
    });
  });

  test('in methods', async () => {
    const paths = [...new Set(contract.operations.map(({ path }) => path))];
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    const isServed = (path: string, method: string): boolean =>
      contract.operations.some(
        (each) =>
          // `delete` may be the beginning of an ID for all that a path says; what answers GET answers HEAD.
          new RegExp(`^${each.path.replace('{id}', '[^/]+')}$`).test(path) &&
          [each.method.toUpperCase(), ...(each.method === 'get' ? ['HEAD'] : [])].includes(method),
      );
    const bad = fc
      .tuple(fc.constantFrom(...paths), fc.constantFrom(...methods))
      .filter(([path, method]) => !isServed(path, method));

    await check(RUNS.methods, bad, async ([path, method]) => {
      const concrete = path.replace('{id}', path.includes('routers') ? ROUTER : MAPPING_ID);
      const { status } = await isRefused({ method, path: concrete, headers: {} });
      expect(status).toBe(405);
    });
  });
});

describe('what is strange changes nothing', () => {
  test('in paths', async () => {
    const piece = fc.oneof(
      oddText.map((text) => encodeURIComponent(text.toWellFormed())),
      oddText.map((text) => text.replaceAll(LATIN, '').replaceAll(/[?#]/g, '')),
      oddName.map(encodeURIComponent),
      fc.constantFrom('v1', 'V1', 'mappings', 'routers', 'delete', 'sync', 'connections', 'docs', 'healthz', ROUTER),
      fc.constantFrom(
        '%',
        '%f',
        '%zz',
        '%ff',
        '%c0%ae',
        '%00',
        '%2e%2e',
        '..',
        '.',
        '%2f',
        '',
        '*',
        ':id',
        '{id}',
        ';a',
      ),
    );
    const path = fc.oneof(
      fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('/')}`),
      piece.map((each) => `/v1/mappings/${each}`),
      piece.map((each) => `/v1/mappings/${each}/connections`),
      piece.map((each) => `/v1/routers/${each}`),
      piece.map((each) => `/v1/routers/${each}/sync`),
      piece.map((each) => `/v1/routers/${each}/import`),
      fc.array(piece, { maxLength: 4 }).map((pieces) => `/v1/mappings?${pieces.join('&')}`),
      fc.constantFrom('*', '//v1/mappings', 'http://[/v1/mappings', 'http://x:y@z:99999/v1/mappings', 'v1/mappings'),
    );
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PUT');

    await check(RUNS.paths, fc.tuple(method, path), ([each, where]) =>
      survives({ method: each, path: where, headers: {} }),
    );
  });

  test('in If-Match and Idempotency-Key, in types, encodings and lengths of bodies', async () => {
    const value = oddText.map((text) => text.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, ''));
    const conditional = contract.operations.filter(({ headers }) => headers.includes('If-Match'));
    const create = contract.operation('createMappings');
    const ifMatch = fc
      .tuple(oneOf(conditional), value)
      .filter(([, text]) => !text.split(',').some((tag) => tag.trim() === '*'))
      .map(([operation, text]) => ({ ...allowed(operation), headers: { ...JSON_TYPE, 'If-Match': text } }));
    const key = value.map((text) => ({ ...allowed(create), headers: { ...JSON_TYPE, 'Idempotency-Key': text } }));
    const name = fc.constantFrom(
      'Content-Type',
      'Content-Encoding',
      'Accept',
      'Accept-Encoding',
      'Expect',
      'Host',
      'Range',
      'Upgrade',
      'X-Auth-Token',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-HTTP-Method-Override',
    );
    const known = fc.constantFrom(
      'gzip',
      'br',
      'identity',
      'text/xml',
      'application/json; charset=utf-7',
      'a/b; c=d; e',
      '[',
    );
    const other = fc
      .tuple(oneOf(WITH_BODY), name, fc.oneof(value, known))
      .filter(([{ operationId }]) => !DONE.includes(operationId))
      .map(([operation, header, text]) => ({ ...allowed(operation), headers: { ...JSON_TYPE, [header]: text } }));
    const bytes = fc
      .tuple(oneOf(WITH_BODY), fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.boolean())
      .map(([operation, array, isText]) => ({
        ...allowed(operation),
        body: isText ? Buffer.concat([Buffer.from('{"ids":["'), array, Buffer.from('"]}')]) : Buffer.from(array),
      }));

    await check(RUNS.headers, fc.oneof(ifMatch, key, other, bytes), isRefusedSomehow);
  });

  test('in bodies that are too large, with and without Content-Length', async () => {
    for (const operation of WITH_BODY) {
      for (const size of [1024 * 1024 + 1, 3 * 1024 * 1024]) {
        const fired = await survives({ ...allowed(operation), body: `"${'x'.repeat(size)}"` });
        expect([0, 413]).toContain(fired.status);
      }
    }
  });
});

/** As isRefused, but Node itself may answer some before the API sees them: in a form of its own. */
async function isRefusedSomehow(shot: Shot): Promise<void> {
  const { status, text } = await survives(shot);
  if (status !== 0 && status < 400) throw new Error(`${status} instead of a refusal: ${text}`);
}

describe('raw bytes', () => {
  const { hostname, port } = { hostname: '127.0.0.1', port: () => Number(new URL(api.url).port) };
  const WAIT_MS = 1000;

  /** Writes the pieces one after another, and gives everything that came back until the end, which it waits for no longer than a second. */
  function exchange(pieces: readonly Buffer[], ending: 'end' | 'drop' | 'wait'): Promise<string> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(port(), hostname);
      const timer = setTimeout(() => socket.destroy(), WAIT_MS);
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks).toString('latin1'));
      });
      socket.on('connect', () => {
        for (const piece of pieces) socket.write(piece);
        if (ending === 'end') socket.end();
        if (ending === 'drop') setImmediate(() => socket.destroy());
        if (ending === 'wait') setTimeout(() => socket.destroy(), 20);
      });
    });
  }

  async function survivesBytes(pieces: readonly Buffer[], ending: 'end' | 'drop' | 'wait'): Promise<string> {
    const answer = await exchange(pieces, ending);
    const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
    if (statuses.every((status) => status >= 400)) refused++;
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    await unharmed();
    return answer;
  }

  const CRLF = '\r\n';
  const head = (line: string, ...headers: readonly string[]): string => [line, ...headers, '', ''].join(CRLF);
  const WHO = ['Host: node', 'X-Auth-Token: admin'];
  const SMUGGLED = head(`DELETE /v1/mappings/${MAPPING_ID} HTTP/1.1`, ...WHO);
  const BAD_FRAMINGS: readonly (readonly string[])[] = [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5, 6'],
    ['Content-Length: -5'],
    ['Content-Length: +5'],
    ['Content-Length: 0x5'],
    ['Content-Length: 5 5'],
    ['Content-Length: 99999999999999999999999999'],
    ['Content-Length : 5'],
    ['Transfer-Encoding : chunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Content-Length: 5', 'Transfer-Encoding: xchunked'],
    ['Content-Length: 5', 'Transfer-Encoding:\tchunked'],
    ['Content-Length: 5', 'X: y\rTransfer-Encoding: chunked'],
    ['Content-Length: 5', 'X: y\nTransfer-Encoding: chunked'],
    ['Content-Length: 5', 'X: y\0Transfer-Encoding: chunked'],
  ];

  test.each(BAD_FRAMINGS.map((framing) => [framing.join(' | '), framing] as const))(
    'no request hides in the body of another: %j',
    async (_, framing) => {
      const first = head('POST /v1/mappings/delete HTTP/1.1', ...WHO, ...framing);

      for (const text of [`${first}0${CRLF}${CRLF}${SMUGGLED}`, `${first}${SMUGGLED}`, first]) {
        const answer = await survivesBytes([Buffer.from(text, 'latin1')], 'end');
        expect(answer).not.toMatch(/^HTTP\/1\.1 2/m);
      }
    },
  );

  test('the hidden request would be carried out if it were seen', async () => {
    const scratch = new TestApi();
    await scratch.open();
    await scratch.node.pat.create(REQUEST);
    const socket = connect(Number(new URL(scratch.url).port), hostname);
    socket.end(SMUGGLED);
    const answer = await new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
    await scratch.close();

    expect(answer).toMatch(/^HTTP\/1\.1 204/);
  });

  test('broken lines, floods of headers, cut and slow requests', async () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
    const line = fc
      .tuple(
        fc.constantFrom('GET', 'get', 'DELETE', 'CONNECT', 'PRI', 'G\0T', '', 'X'.repeat(9000)),
        fc.constantFrom(
          '/',
          `/v1/mappings/${idOf(99)}`,
          '*',
          '',
          'node:443',
          '/\0',
          `/${'x'.repeat(20_000)}`,
          '/\x80\xff',
          '/ /',
        ),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'ICY', '', 'HTTP/1.1 x'),
        fc.constantFrom(CRLF, '\n', '\r', CRLF + CRLF),
      )
      .map(([method, path, version, end]) => `${method} ${path} ${version}${end}Host: node${CRLF}${CRLF}`);
    const flood = fc
      .tuple(
        fc.integer({ min: 1, max: 3000 }),
        fc.constantFrom('X: y', 'Cookie: a=b', 'Host: other', 'X-Auth-Token: admin'),
      )
      .map(([count, header]) => head('GET /v1/mappings HTTP/1.1', ...Array.from({ length: count }, () => header)));
    const chunked = fc
      .constantFrom('zz', '-1', 'ffffffffffffffff', '5;x=y', '5;\0', '5 ', ' 5', '0x5', '', '5\n', '1000000')
      .map(
        (size) =>
          `${head('POST /v1/mappings HTTP/1.1', ...WHO, 'Transfer-Encoding: chunked')}${size}${CRLF}hello${CRLF}0${CRLF}${CRLF}`,
      );
    const cut = fc.tuple(oneOf(WITH_BODY), fc.nat(400)).map(([operation, length]) => {
      const { method, path, body = '' } = allowed(operation);
      const whole = head(`${method} ${path} HTTP/1.1`, ...WHO, `Content-Length: ${String(body).length}`) + String(body);
      return whole.slice(0, Math.min(length, whole.length - 1));
    });
    const text = fc.oneof(line, flood, chunked, cut).map((each) => Buffer.from(each, 'latin1'));
    const bytes = fc.oneof(
      noise.map((each) => [each]),
      text.map((each) => [each]),
      fc.tuple(text, noise).map((pieces) => pieces),
      fc.tuple(text, fc.nat(100)).map(([each, at]) => [each.subarray(0, at), each.subarray(at)]),
    );
    const ending = fc.oneof(
      { weight: 8, arbitrary: fc.constant('end' as const) },
      { weight: 1, arbitrary: fc.constant('drop' as const) },
      { weight: 1, arbitrary: fc.constant('wait' as const) },
    );

    await check(RUNS.raw, fc.tuple(bytes, ending), ([pieces, how]) => survivesBytes(pieces, how));
  });
});

test('ten thousand were refused, and the server answers as before', async () => {
  const response = await api.call('get', '/v1/mappings');
  const { mappings } = (await response.json()) as { readonly mappings: readonly { readonly id: string }[] };

  expect(refused).toBeGreaterThanOrEqual(10_000);
  expect(mappings.map(({ id }) => id)).toEqual([MAPPING_ID, idOf(2)]);
  expect((await api.call('get', '/healthz')).status).toBe(200);
  expect(api.node.log.lines.filter(({ message }) => message === 'request failed')).toEqual([]);
  await unharmed();
});
