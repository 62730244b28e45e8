/**
 * Paths in place of names, in every parameter of every operation of /openapi.json, against the real adapters: only the programs are
 * not real. Nothing outside of the directory of namespaces is entered, nothing of a trick is handed to a program, and what the
 * document forbids is refused before anything runs.
 */
import { execFileSync } from 'node:child_process';
import { constants, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildNode, type Node, patSettingsOf, quotaOf } from '../../../src/compose/node.ts';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { noServers } from '../../../src/pat/services/server-service.ts';
import { createApp } from '../../../src/server/http/app.ts';
import { IdempotencyKeys } from '../../../src/server/http/idempotency.ts';
import { Listener } from '../../../src/server/http/listener.ts';
import { HttpMetrics, ProcessMetrics } from '../../../src/server/http/metrics.ts';
import { openApiDocument } from '../../../src/server/http/openapi.ts';
import { patApi } from '../../../src/server/pat/api.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { type Command, createExec, type ExecResult } from '../../../src/system/exec.ts';
import { Interruption } from '../../../src/system/interruption.ts';
import { RequestContext } from '../../../src/system/request-context.ts';
import { load } from '../../support/config.ts';
import { ListLog } from '../../support/fake-node.ts';
import { POLICY_BY_DEFAULT } from '../../support/requests.ts';
import { Contract, type Operation, type Parameter } from '../http/contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'praas-tricks-'));
const NETNS = join(directory, 'netns');
const ROUTER = 'edge';
const MARK = 'trick';
const MAPPING = '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11';

/** Each would lead somewhere else if it were joined to a path and opened. */
const PATHS = [
  `../../${MARK}/1/ns/net`,
  `${ROUTER}/../../${MARK}`,
  `/${MARK}/1/ns/net`,
  `..`,
  `.`,
  `${MARK}\0.net`,
  `--net=/${MARK}`,
  `${MARK}\n-A`,
  MARK.padEnd(5000, 'x'),
];
/** Names of what lies in the directory and is no namespace. */
const FILES = ['fifo', 'link', 'folder'];

/** Text that is a value for people or for OpenStack, and never becomes a path: all that may hold a separator. */
const FREE_TEXT = [
  'listMappings ?project_id',
  'listMappings ?related_to',
  'listMappings ?name',
  'showQuota {id}',
  'updateQuota {id}',
  'resetQuota {id}',
  'createMappings Idempotency-Key',
  'updateMapping If-Match',
  'deleteMapping If-Match',
];

const FACTS = JSON.stringify([
  { ifname: 'ext0', addr_info: [{ local: '203.0.113.10', prefixlen: 24, scope: 'global' }] },
  { ifname: 'int0', addr_info: [{ local: '10.20.0.1', prefixlen: 16, scope: 'global' }] },
]);
/** Of a router without rules, by the beginnings of the command lines. */
const ANSWERS: readonly (readonly [string, string])[] = [
  ['ip ', `${FACTS}\n[{"dst":"default","dev":"ext0"}]\n`],
  ['sh -c nft', '{"nftables":[{"metainfo":{}}]}\n'],
  ['iptables-save', '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n# Completed\n'],
];
const run = createExec(10_000, process.env);
let commands: Command[] = [];
/** A router without rules; programs outside of namespaces are real. */
async function exec(command: Command): Promise<ExecResult> {
  commands.push(command);
  if (command.file !== 'nsenter') return run(command);
  const line = command.args.slice(1).join(' ');
  const [, stdout = ''] = ANSWERS.find(([start]) => line.startsWith(start)) ?? [];
  const hasNoTable = line.includes('nft --json list table');
  const stderr = hasNoTable ? 'Error: No such file or directory\nlist table ip praas\n' : '';
  return { exitCode: hasNoTable ? 1 : 0, stdout, stderr };
}

let node: Node;
let listener: Listener;
let contract: Contract;

beforeAll(async () => {
  mkdirSync(NETNS);
  writeFileSync(join(NETNS, ROUTER), '');
  execFileSync('mkfifo', [join(NETNS, 'fifo')]);
  symlinkSync('fifo', join(NETNS, 'link'));
  mkdirSync(join(NETNS, 'folder'));
  const { config } = await load([
    '[praas]',
    `netns_dir = ${NETNS}`,
    `state_dir = ${join(directory, 'state')}`,
    `neutron_lock_path = ${directory}`,
  ]);
  const log = new ListLog();
  node = buildNode({
    config,
    exec,
    command: 'a test',
    interruption: new Interruption(),
    log,
    settings: patSettingsOf(config),
    quota: () => quotaOf(config),
    lockTimeoutSeconds: 5,
    isWatched: true,
    retainDays: () => 7,
    eventLimits: () => ({ events_max_mib_per_day: 64, max_project_events_percent: 10 }),
  });
  const metrics = new ProcessMetrics();
  const api = patApi({
    ...node,
    servers: noServers(() => new Error('no cloud')),
    policy: POLICY_BY_DEFAULT,
    idempotency: new IdempotencyKeys(systemClock),
    requestId: () => '',
  });
  contract = new Contract(openApiDocument([api], { version: '1' }));
  const app = createApp({
    apis: [api],
    publicRoutes: [],
    authenticate: async () => ROOT,
    addressOf: () => '192.0.2.7',
    policy: POLICY_BY_DEFAULT,
    context: new RequestContext(),
    metrics: new HttpMetrics(metrics.registry),
    clock: systemClock,
    newId: () => MAPPING,
    log,
  });
  const place = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: undefined } as const;
  listener = new Listener(place, app, (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await listener.open();
});
afterAll(async () => {
  await listener.close(0);
  await node.files.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  commands = [];
});

/** A request as a program sends it that encodes nothing but what it has to. */
function send(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const asked = request(listener.where, { method: method.toUpperCase(), path, headers: { ...type, ...headers } });
    asked.once('response', (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)));
    asked.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** What reached programs although it was in a request, or lies elsewhere. */
function reached(trick: string): string[] {
  const words = commands.flatMap(({ file, args, input = '' }) => [file, ...args, input]);
  const entered = words.flatMap((word) => (word.startsWith('--net=') ? word.slice('--net='.length) : []));
  const outside = entered.filter((path) => path !== join(NETNS, ROUTER));
  const isShort = trick === '.' || trick === '..';
  return [...outside, ...words.filter((word) => (isShort ? word.split('/').includes(trick) : word.includes(trick)))];
}

/** True while a process has the FIFO open for reading. */
function isFifoOpen(): boolean {
  try {
    openSync(join(NETNS, 'fifo'), constants.O_WRONLY | constants.O_NONBLOCK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENXIO';
  }
}

const operations = (): readonly Operation[] => contract.operations.filter(({ path }) => path.startsWith('/v1/'));
const exampleOf = ({ body }: Operation): unknown => body?.examples?.[0];
const pathOf = ({ path }: Operation, id?: string): string =>
  path.replace('{id}', encodeURIComponent(id ?? (path.includes('routers') ? ROUTER : MAPPING)));

interface Place {
  /** `showRouter {id}`. */
  readonly name: string;
  readonly operation: Operation;
  readonly parameter: Parameter;
}

function places(): Place[] {
  const signs = {
    path: (name: string) => `{${name}}`,
    query: (name: string) => `?${name}`,
    header: (name: string) => name,
  };
  return operations().flatMap((operation) =>
    operation.parameters.map((parameter) => {
      const name = `${operation.operationId} ${signs[parameter.in](parameter.name)}`;
      return { name, operation, parameter };
    }),
  );
}

function sendTrick({ operation, parameter }: Place, trick: string): Promise<number> {
  const { method } = operation;
  const body = exampleOf(operation);
  if (parameter.in === 'path') return send(method, pathOf(operation, trick), {}, body);
  if (parameter.in === 'header') return send(method, pathOf(operation), { [parameter.name]: trick }, body);
  return send(method, `${pathOf(operation)}?${parameter.name}=${encodeURIComponent(trick)}`, {}, body);
}

/** The body with the trick in place of each value that is in it, one after the other, and in each field that may be. */
function bodiesWith(operation: Operation, trick: string): unknown[] {
  const inPlace = (value: unknown): unknown[] => {
    if (typeof value !== 'object' || value === null) return [trick];
    return Object.entries(value).flatMap(([key, each]) =>
      inPlace(each).map((other) =>
        Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other },
      ),
    );
  };
  const example = exampleOf(operation) as Readonly<Record<string, unknown>>;
  const [[top, inside] = ['', undefined]] = Object.entries(example);
  const fields = Array.isArray(inside) ? [] : contract.fieldsOf(operation, top);
  return [...inPlace(example), ...fields.map((name) => ({ [top]: { ...(inside as object), [name]: trick } }))];
}

test('the programs that a request of a router runs are seen here', async () => {
  expect(await send('get', `/v1/routers/${ROUTER}`, {})).toBe(200);

  expect(commands.map(({ args }) => args[0])).toContain(`--net=${join(NETNS, ROUTER)}`);
  expect(reached(ROUTER)).not.toEqual([]);
});

test('no parameter may be a path, but those that are text and never become one', () => {
  const allowing = places().filter(({ operation, parameter }) =>
    PATHS.slice(0, 3).some((trick) => contract.whyNotParameter(operation, parameter, trick) === undefined),
  );

  expect(allowing.map(({ name }) => name).toSorted()).toEqual(FREE_TEXT.toSorted());
});

describe.each([...PATHS, ...FILES].map((trick) => [trick.slice(0, 30), trick]))('%j', (_, trick) => {
  test('in paths, queries and headers is refused where the document forbids it, and reaches no program', async () => {
    for (const place of places()) {
      // Node sends no such header.
      if (place.parameter.in === 'header' && /[\0\n]/.test(trick)) continue;
      commands = [];
      const status = await sendTrick(place, trick);
      const isForbidden = contract.whyNotParameter(place.operation, place.parameter, trick) !== undefined;

      // A path of dots is another path.
      if (isForbidden && !/^\.+$/.test(trick)) expect([place.name, status]).toEqual([place.name, 400]);
      if (isForbidden) expect([place.name, commands]).toEqual([place.name, []]);
      expect([place.name, reached(trick)]).toEqual([place.name, []]);
      expect(status).not.toBe(201);
    }
    expect(isFifoOpen()).toBe(false);
  });

  test('in bodies reaches no program', async () => {
    for (const operation of operations().filter(({ body }) => body !== undefined))
      for (const body of bodiesWith(operation, trick)) {
        commands = [];
        await send(operation.method, pathOf(operation), {}, body);
        expect([operation.operationId, body, reached(trick)]).toEqual([operation.operationId, body, []]);
      }
    expect(isFifoOpen()).toBe(false);
  });
});

test('nothing was written outside of the state directory', () => {
  expect(readdirSync(directory).toSorted()).toEqual(['netns', 'state']);
  expect(readdirSync(dirname(directory))).not.toContain(MARK);
});
