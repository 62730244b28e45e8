/**
 * The Proxy CLI that is in use, replayed: what it asks before each change, its exact parameters in their order, all of them
 * in the query string, and the headers of its HTTP library. It knows the contract and nothing of praas.
 */
import { request } from 'node:http';

export type Answer = Readonly<Record<string, string>>;

export interface Reply {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it came. */
  readonly text: string;
  readonly answer: Answer;
}

/** The answer to a change, and the table that was shown before. */
export interface Told extends Reply {
  readonly table: Answer;
}

/** A port of a server. `router_id` is the name of a namespace. */
export interface Target {
  readonly router_id: string;
  readonly gateway: string;
  readonly server_ip: string;
  readonly server_port: string;
}

/** A line of the table of a whole router. */
export interface Row {
  readonly server_ip: string;
  readonly server_port: string;
  readonly router_port: string;
}

type Parameters = readonly [name: string, value: string][];

export interface Call {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes over this Unix socket instead. */
  readonly socket_path?: string;
}

const HEADERS = {
  'User-Agent': 'python-requests/2.31.0',
  'Accept-Encoding': 'gzip, deflate',
  Accept: '*/*',
  Connection: 'keep-alive',
};

/** One request on a connection of its own, as that library does it. Rejects when there is no answer, or none in JSON. */
export function send(baseUrl: string, { method, path, headers, socket_path }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = method === 'POST' ? { 'Content-Length': '0' } : {};
    const options = {
      method,
      agent: false,
      headers: { ...HEADERS, ...length, ...headers },
      ...(socket_path !== undefined && { socketPath: socket_path }),
    };
    // Not through URL, which would mend the path.
    const { hostname, port } = new URL(baseUrl);
    const sent = request({ ...options, host: hostname.replace(/^\[|\]$/g, ''), port, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        sent.destroy();
        try {
          const answer = JSON.parse(text) as Answer;
          resolve({ httpStatus: response.statusCode ?? 0, headers: response.headers, text, answer });
        } catch (error) {
          reject(new Error(`no JSON from ${method} ${path}: ${response.statusCode} ${text}`, { cause: error }));
        }
      });
    });
    sent.on('error', reject);
    // Says how long the body is, and need not send it.
    if (headers?.['Content-Length'] === undefined) sent.end();
    else sent.flushHeaders();
  });
}

/** `/pat/create?server_ip=10.20.0.51&…` */
export function pathOf(path: string, parameters: Parameters): string {
  return `${path}?${new URLSearchParams(parameters)}`;
}

export class ProxyCli {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** The table of a whole router: it splits each key at the colon. */
  async list(router_id: string): Promise<readonly Row[]> {
    const { answer } = await this.#get('/router_pat', [['router_id', router_id]]);
    return Object.entries(answer).map(([key, router_port]) => {
      const [server_ip = '', server_port = ''] = key.split(':');
      return { server_ip, server_port, router_port };
    });
  }

  /** The table of one server, which is shown before every change. */
  async table({ router_id, server_ip }: Pick<Target, 'router_id' | 'server_ip'>): Promise<Answer> {
    const parameters: Parameters = [
      ['router_id', router_id],
      ['server_ip', server_ip],
    ];
    return (await this.#get('/router_server_pat', parameters)).answer;
  }

  create(target: Target): Promise<Told> {
    const { server_ip, router_id, server_port, gateway } = target;
    return this.#change(target, '/pat/create', [
      ['server_ip', server_ip],
      ['router_id', router_id],
      ['create_server_port', server_port],
      ['gateway', gateway],
    ]);
  }

  remove(target: Target): Promise<Told> {
    const { server_ip, router_id, server_port, gateway } = target;
    return this.#change(target, '/pat/remove', [
      ['server_ip', server_ip],
      ['router_id', router_id],
      ['remove_server_port', server_port],
      ['gateway', gateway],
    ]);
  }

  modify(target: Target, router_port: string): Promise<Told> {
    const { server_ip, router_id, server_port, gateway } = target;
    return this.#change(target, '/pat/modify', [
      ['server_ip', server_ip],
      ['router_id', router_id],
      ['modify_server_port', server_port],
      ['modify_router_port', router_port],
      ['gateway', gateway],
    ]);
  }

  #get(path: string, parameters: Parameters): Promise<Reply> {
    return send(this.#baseUrl, { method: 'GET', path: pathOf(path, parameters) });
  }

  async #change(target: Target, path: string, parameters: Parameters): Promise<Told> {
    const table = await this.table(target);
    const reply = await send(this.#baseUrl, { method: 'POST', path: pathOf(path, parameters) });
    return { ...reply, table };
  }
}
