// Creates over HTTP: what many clients at once get done, beside one client alone.
import type { BackendName } from '../../src/netfilter/backend.ts';
import { type Ask, Clients, type Load } from '../clients.ts';
import { BenchDaemon } from '../daemon.ts';
import { manyRouters } from '../many-routers.ts';
import type { Bar, FactLine, Figure, Findings, Options, Row } from '../row.ts';

const CLIENTS = [1, 8, 64];
const MANY_ROUTERS = 20;
const AT_LEAST = 8;

/** A daemon with a number of routers, and what its clients got in each round. */
class Place {
  readonly title: string;
  readonly bar: Bar | undefined;
  readonly rounds: ReadonlyMap<number, Load>[] = [];
  readonly #clients: Clients;
  readonly #routerIds: readonly string[];

  constructor(title: string, bar: Bar | undefined, clients: Clients, routerIds: readonly string[]) {
    this.title = title;
    this.bar = bar;
    this.#clients = clients;
    this.#routerIds = routerIds;
  }

  static async make(options: Options, backend: BackendName, routers: number): Promise<Place> {
    const routerIds = await manyRouters(options, routers);
    const daemon = await BenchDaemon.make(options, backend);
    await daemon.start();
    const clients = new Clients(options, daemon, Math.max(...CLIENTS));
    const title = `${backend}, ${routers === 1 ? 'one router' : `${routers} routers`}`;
    return new Place(title, routers === 1 ? { atLeast: AT_LEAST } : undefined, clients, routerIds);
  }

  /** Creates that many by that many clients, and deletes them again. */
  async load(clients: number, count: number): Promise<Load> {
    const ids: string[] = [];
    const create = (_: unknown, index: number) => async (): Promise<void> => {
      const router_id = this.#routerIds[index % this.#routerIds.length];
      const body = { mapping: { router_id, server_ip: '10.20.0.51', server_port: 22 } };
      const ask: Ask = { method: 'POST', path: '/v1/mappings', body };
      ids.push((await this.#clients.ask<{ mapping: { id: string } }>(ask)).mapping.id);
    };
    const load = await this.#clients.work(clients, Array.from({ length: count }, create));
    await this.#clients.ask({ method: 'POST', path: '/v1/mappings/delete', body: { ids } });
    return load;
  }
}

async function measure(options: Options): Promise<Findings> {
  options.say('http: creates over HTTP');
  const places: Place[] = [];
  for (const routers of [1, MANY_ROUTERS])
    for (const backend of ['iptables', 'nftables'] as const) places.push(await Place.make(options, backend, routers));
  const [rounds, each, least] = options.quick ? [2, 4, 16] : [9, 12, 60];
  for (let round = 0; round <= rounds; round++) {
    for (const place of places) {
      const loads = new Map<number, Load>();
      for (const clients of round % 2 === 0 ? CLIENTS : CLIENTS.toReversed())
        loads.set(clients, await place.load(clients, Math.max(clients * each, least)));
      // The first round warms up.
      if (round > 0) place.rounds.push(loads);
    }
    options.say(`http: ${round} of ${rounds} rounds`);
  }
  const facts = {
    title: 'creates over HTTP',
    columns: ['per second', 'median latency, ms', '99th percentile, ms'],
    lines: places.flatMap(linesOf),
  };
  return { figures: places.flatMap(figuresOf), facts: [facts] };
}

function figuresOf({ title, bar, rounds }: Place): Figure[] {
  return [64, 8].map((clients) => ({
    title: `${clients} parallel creates over HTTP, against one at a time: throughput (${title})`,
    ...(clients === 64 && bar && { bar }),
    ratios: rounds.map((round) => throughput(round, clients) / throughput(round, 1)),
  }));
}

function throughput(round: ReadonlyMap<number, Load>, clients: number): number {
  return round.get(clients)?.perSecond ?? Number.NaN;
}

function linesOf({ title, rounds }: Place): FactLine[] {
  return CLIENTS.map((clients) => {
    const loads = rounds.flatMap((round) => round.get(clients) ?? []);
    return {
      what: `${title}, ${clients === 1 ? 'one client' : `${clients} clients`}`,
      values: [
        loads.map(({ perSecond }) => perSecond),
        loads.map(({ p50Ms }) => p50Ms),
        loads.map(({ p99Ms }) => p99Ms),
      ],
    };
  });
}

export const http: Row = { name: 'http', measure };
