/** Clients of a daemon that ask over HTTP at the same time, each on one connection that it keeps. */
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Door } from './daemon.ts';
import { quantile } from './measure.ts';
import type { Options } from './row.ts';

export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** How a number of requests went. */
export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const SECOND_MS = 1000;

export class Clients {
  readonly #door: Door;
  readonly #agent: Agent;

  /** So many clients at most. */
  constructor({ later, ending }: Options, door: Door, most: number) {
    this.#door = door;
    this.#agent = new Agent({ keepAlive: true, maxSockets: most, maxFreeSockets: most });
    const hangUp = (): void => this.#agent.destroy();
    ending.addEventListener('abort', hangUp, { once: true });
    later(async () => hangUp());
  }

  /** One request, and its answer. Throws when it is not a good one. */
  ask<T = unknown>({ method, path, body }: Ask): Promise<T> {
    const { port, token } = this.#door;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      'X-Auth-Token': token,
      ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const asking = request({ host: '127.0.0.1', port, method, path, headers, agent: this.#agent }, (answer) => {
        const { statusCode = 0 } = answer;
        const read = statusCode === 204 ? Promise.resolve(answer.resume()) : json(answer);
        read.then((found) => {
          if (statusCode < 300) resolve(found as T);
          else reject(new Error(`${method} ${path}: ${statusCode} ${JSON.stringify(found)}`));
        }, reject);
      });
      asking.on('error', reject).end(text);
    });
  }

  /** Each client does the next piece of work as soon as its last one is done. Gives how it went when all is done. */
  async work(clients: number, pieces: readonly (() => Promise<unknown>)[]): Promise<Load> {
    const times: number[] = [];
    const left = pieces.values();
    const client = async (): Promise<void> => {
      for (const piece of left) {
        const start = performance.now();
        await piece();
        times.push(performance.now() - start);
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    const seconds = (performance.now() - start) / SECOND_MS;
    const p = (share: number): number => quantile(times, share);
    return { perSecond: pieces.length / seconds, p50Ms: p(0.5), p99Ms: p(0.99) };
  }
}
