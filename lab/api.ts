/**
 * What the lab asks of its OpenStack. A client of its own, so that a mistake in the client of praas does not hide in the
 * lab that tests it.
 */
import { setTimeout } from 'node:timers/promises';
import { KEYSTONE, PASSWORD, PORTS } from './place.ts';
import { LabError } from './shell.ts';

export type User = 'admin' | 'demo' | 'other';
export type Service = 'identity' | 'network' | 'compute' | 'image';
// biome-ignore lint/suspicious/noExplicitAny: answers of the lab's own cloud, looked at by hand
export type Json = any;

const BASES: Readonly<Record<Service, string>> = {
  identity: KEYSTONE,
  network: `http://127.0.0.1:${PORTS.network}/v2.0`,
  compute: `http://127.0.0.1:${PORTS.compute}/v2.1`,
  image: `http://127.0.0.1:${PORTS.image}/v2`,
};
const ATTEMPTS = 3;
const PAUSE_MS = 200;

export interface Named {
  readonly name: string;
  readonly [key: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** Gives a new token: of a user in the project of the same name, or with system scope. Throws LabError. */
export async function login(user: string, scope: 'project' | 'system' = 'project'): Promise<string> {
  const domain = { name: 'Default' };
  const identity = { methods: ['password'], password: { user: { name: user, domain, password: PASSWORD } } };
  const where = scope === 'system' ? { system: { all: true } } : { project: { name: user, domain } };
  const response = await send(`${KEYSTONE}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: where } }),
  });
  const token = response.headers.get('X-Subject-Token');
  if (token === null) throw new LabError(`${user} cannot log in: ${response.status} ${await response.text()}`);
  return token;
}

/** OpenStack as one of the lab's users sees it. */
export class Api {
  readonly user: User;
  #token: string | undefined;

  constructor(user: User) {
    this.user = user;
  }

  async token(): Promise<string> {
    this.#token ??= await login(this.user);
    return this.#token;
  }

  /** One request, whatever comes of it. */
  async ask(service: Service, method: string, path: string, body?: object | Uint8Array): Promise<Answer> {
    const isBytes = body instanceof Uint8Array;
    const response = await send(`${BASES[service]}${path}`, {
      method,
      headers: {
        'X-Auth-Token': await this.token(),
        Accept: 'application/json',
        ...(body && { 'Content-Type': isBytes ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body && { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  }

  /** The same, where anything but success is a mistake. Throws LabError. */
  async call(service: Service, method: string, path: string, body?: object | Uint8Array): Promise<Json> {
    const answer = await this.ask(service, method, path, body);
    if (answer.status < 400) return answer.body;
    throw new LabError(`${method} ${service}${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** The one of a list whose name it is; undefined when there is none. */
  async find(service: Service, collection: string, name: string): Promise<Json> {
    const list = await this.call(service, 'GET', `/${collection}?name=${encodeURIComponent(name)}`);
    return (Object.values(list)[0] as Json[]).find((each) => each.name === name);
  }

  /** The same, made with `body` under `key` when there is none yet. */
  async ensure(service: Service, collection: string, key: string, body: Named): Promise<Json> {
    const there = await this.find(service, collection, body.name);
    if (there) return there;
    return (await this.call(service, 'POST', `/${collection}`, { [key]: body }))[key];
  }
}

/** Connections that a service let go of are made again; nothing of the lab is harmed by being asked twice. */
async function send(url: string, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
    } catch (error) {
      if (attempt === ATTEMPTS)
        throw new LabError(`${url}: ${String((error as Error).cause ?? error)}`, { cause: error });
      await setTimeout(PAUSE_MS);
    }
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
