/**
 * Keystone, Neutron and Nova as far as the adapter asks them, on a real HTTP server that can be told to misbehave. Answers
 * have the shape of real ones, with more fields than are read, and lists come in short pages.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { misbehave, refuse, send, type Trouble } from './openstack-answers.ts';
import { idOf } from './samples.ts';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

export type Row = Readonly<Record<string, unknown>>;

const HOUR_MS = 3_600_000;
/** What says how to list and not what. */
const NO_FILTERS = ['fields', 'marker', 'all_tenants'];

export class FakeOpenStack {
  readonly asked: Asked[] = [];
  readonly troubles: Trouble[] = [];
  /** Tokens that are good now, with what Keystone says of each. */
  readonly tokens = new Map<string, Row>();
  readonly tables = {
    routers: [] as Row[],
    ports: [] as Row[],
    floatingips: [] as Row[],
    security_groups: [] as Row[],
    security_group_rules: [] as Row[],
    servers: [] as Row[],
    projects: [] as Row[],
    agents: [] as Row[],
  };

  /** So many rows at most are in a page. */
  pageSize = 2;
  tokenLifeMs = HOUR_MS;
  logins = 0;
  /** What a login needs to have in its body. */
  wants: (body: string) => boolean = () => true;
  /** What the next tokens say instead of the usual. */
  tokenFields: Row = {};
  /** All of Keystone answers with this, the others go on. */
  keystoneStatus: number | undefined;
  readonly #server: Server;
  readonly #now: () => number;

  private constructor(server: Server, now: () => number) {
    this.#server = server;
    this.#now = now;
  }

  /** Listens on that address of this machine. */
  static async start(now: () => number, address = '127.0.0.1'): Promise<FakeOpenStack> {
    const server = createServer();
    const fake = new FakeOpenStack(server, now);
    server.on('request', (request, response) => void fake.#meet(request, response));
    server.listen(0, address);
    await once(server, 'listening');
    return fake;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  get keystone(): string {
    return `${this.url}/identity/v3`;
  }

  /** Nothing listens any more. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** A token of a user with these roles. */
  grant(token: string, fields: Row): void {
    this.tokens.set(token, { ...this.#user('tenant'), ...fields });
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url: path = '' } = request;
    const token = request.headers['x-auth-token'] as string | undefined;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    this.asked.push({ method, path, token, body });
    const trouble = this.troubles.shift();
    if (trouble !== undefined && trouble !== 'fine') return misbehave(trouble, response);
    if (path.startsWith('/identity/v3/auth/tokens')) return this.#identity(request, response, text);
    if (token === undefined || !this.tokens.has(token))
      return refuse(response, 401, 'error', 'The request you have made requires authentication.');
    const url = new URL(path, this.url);
    const [, service, , ...names] = url.pathname.split('/');
    if (service === 'compute') return this.#compute(names, url, response);
    return this.#network({ method, names, url, body }, response);
  }

  #identity(request: IncomingMessage, response: ServerResponse, text: string): void {
    if (this.keystoneStatus !== undefined) return refuse(response, this.keystoneStatus, 'error', 'busy');
    if (request.method === 'POST') {
      if (!this.wants(text))
        return refuse(response, 401, 'error', 'The request you have made requires authentication.');
      const name = `service-token-${++this.logins}`;
      const facts = { ...this.#user('praas'), catalog: this.#catalogue(), ...this.tokenFields };
      this.tokens.set(name, facts);
      response.setHeader('X-Subject-Token', name);
      return send(response, 201, { token: facts });
    }
    if (!this.tokens.has(request.headers['x-auth-token'] as string))
      return refuse(response, 401, 'error', 'The request you have made requires authentication.');
    const subject = request.headers['x-subject-token'] as string;
    const facts = this.tokens.get(subject);
    return facts
      ? send(response, 200, { token: facts })
      : refuse(response, 404, 'error', `Could not find token: ${subject}.`);
  }

  #compute([, id]: string[], url: URL, response: ServerResponse): void {
    const { servers } = this.tables;
    if (id !== undefined && id !== 'detail') {
      const server = servers.find((row) => row['id'] === id);
      return server
        ? send(response, 200, { server })
        : refuse(response, 404, 'itemNotFound', `Instance ${id} could not be found.`);
    }
    const { searchParams: query } = url;
    const [name, project] = [new RegExp(query.get('name') ?? ''), query.get('project_id')];
    const found = servers.filter(
      (row) =>
        query.get('all_tenants') === '1' &&
        name.test(String(row['name'])) &&
        (project === null || row['tenant_id'] === project),
    );
    const shown = id === 'detail' ? found : found.map((row) => ({ id: row['id'], name: row['name'], links: [] }));
    this.#page('servers', shown, url, response);
  }

  #network(asked: Pick<Asked, 'method' | 'body'> & { names: string[]; url: URL }, response: ServerResponse): void {
    const { method, names, url, body } = asked;
    const [path = '', id, inside] = names;
    const key = path.replaceAll('-', '_') as keyof FakeOpenStack['tables'];
    const table = this.tables[key] ?? [];
    const row = table.find((each) => each['id'] === id);
    if (method === 'POST') return this.#add(body as { security_group_rule: Row }, response);
    if (id === undefined) return this.#page(key, filtered(table, url.searchParams), url, response);
    if (row === undefined) return refuse(response, 404, 'NeutronError', `${key} ${id} could not be found`);
    if (inside === 'l3-agents') return send(response, 200, { agents: this.tables.agents });
    if (method === 'GET') return send(response, 200, { [key.slice(0, -1)]: row });
    table.splice(table.indexOf(row), 1);
    return void response.writeHead(204).end();
  }

  /** The link to the next page names a machine that callers cannot see, as it does behind a proxy. */
  #page(key: string, rows: readonly Row[], url: URL, response: ServerResponse): void {
    const marker = url.searchParams.get('marker');
    const start = marker === null ? 0 : rows.findIndex(({ id }) => id === marker) + 1;
    if (marker !== null && start === 0) return refuse(response, 404, 'NeutronError', `${key} ${marker} is not there`);
    const shown = rows.slice(start, start + this.pageSize);
    const hasMore = start + this.pageSize < rows.length;
    const next = new URL(`${url.pathname}${url.search}`, 'http://behind.invalid:9696');
    next.searchParams.set('marker', String(shown.at(-1)?.['id']));
    const links = [{ rel: 'next', href: next.href }];
    send(response, 200, { [key]: shown, ...(hasMore && { [`${key}_links`]: links }) });
  }

  #add({ security_group_rule: wish }: { security_group_rule: Row }, response: ServerResponse): void {
    const { security_group_rules: rules, security_groups: groups } = this.tables;
    const group = groups.find(({ id }) => id === wish['security_group_id']);
    if (group === undefined) return refuse(response, 404, 'NeutronError', 'Security group does not exist');
    const sourceOf = (rule: Row): unknown => rule['remote_ip_prefix'] ?? '0.0.0.0/0';
    const isSame = (rule: Row): boolean =>
      sourceOf(rule) === sourceOf(wish) &&
      Object.entries(wish).every(
        ([name, value]) => ['description', 'remote_ip_prefix'].includes(name) || rule[name] === value,
      );
    if (rules.some(isSame)) return refuse(response, 409, 'NeutronError', 'Security group rule already exists.');
    const rule = { ...wish, id: idOf(900 + rules.length), project_id: group['project_id'], revision_number: 0 };
    rules.push(rule);
    send(response, 201, { security_group_rule: rule });
  }

  #user(name: string): Row {
    return {
      methods: ['password'],
      user: { id: `id-of-${name}`, name, domain: { id: 'default', name: 'Default' } },
      project: { id: 'blue', name: 'Blue', domain: { id: 'default', name: 'Default' } },
      roles: [{ id: 'id-of-member', name: 'member' }],
      expires_at: new Date(this.#now() + this.tokenLifeMs).toISOString(),
    };
  }

  #catalogue(): unknown {
    const endpoint = (region: string, face: string, path: string) => ({
      id: idOf(1),
      interface: face,
      region,
      region_id: region,
      url: `${this.url}${path}`,
    });
    return [
      {
        type: 'network',
        endpoints: [
          endpoint('Elsewhere', 'public', '/elsewhere'),
          endpoint('RegionOne', 'internal', '/inside'),
          endpoint('RegionOne', 'public', '/network'),
        ],
      },
      { type: 'compute', endpoints: [endpoint('RegionOne', 'public', '/compute/v2.1')] },
      { type: 'identity', endpoints: [endpoint('RegionOne', 'public', '/identity/v3')] },
    ];
  }
}

/** Neutron: one of the values given for each name, and of fixed_ips a part. */
function filtered(table: readonly Row[], query: URLSearchParams): Row[] {
  const names = [...new Set(query.keys())].filter((name) => !NO_FILTERS.includes(name));
  const fields = query.getAll('fields');
  const fits = (row: Row): boolean =>
    names.every((name) => {
      const values = query.getAll(name);
      if (name !== 'fixed_ips') return values.includes(String(row[name]));
      const fixed = row[name] as Record<string, string>[];
      return fixed.some((each) => values.includes(`ip_address=${each['ip_address']}`));
    });
  const shown = (row: Row): Row =>
    fields.length === 0 ? row : Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)));
  return table.filter(fits).map(shown);
}
