// What one request costs, through the daemon, where a router has many mappings and where it has few.
import { Clients } from '../clients.ts';
import { BenchDaemon } from '../daemon.ts';
import { manyRouters, storeMappings } from '../many-routers.ts';
import { timed } from '../measure.ts';
import { threadsMs } from '../proc.ts';
import { FREE_PORTS } from '../router.ts';
import type { Figure, Findings, Options, Row } from '../row.ts';

const FEW = 100;
const PATH = '/v1/mappings';
/** No look at all rules in between. */
const SETTINGS = {
  PRAAS_ROUTER_PORT_RANGE: `${FREE_PORTS.first}:${FREE_PORTS.last}`,
  PRAAS_RECONCILE_PERIOD_SECONDS: '3600',
};
type Work = 'create' | 'cpu of create' | 'show' | 'show of a new one' | 'delete of a new one' | 'page';
type Times = Record<Work, number>;

interface Created {
  readonly mapping: { readonly id: string };
}

/** A daemon with one router, and its client. */
class Place {
  readonly #daemon: BenchDaemon;
  readonly #clients: Clients;
  readonly #routerId: string;
  readonly #ids: readonly string[];
  #turn = 0;

  private constructor(daemon: BenchDaemon, clients: Clients, routerId: string, ids: readonly string[]) {
    this.#daemon = daemon;
    this.#clients = clients;
    this.#routerId = routerId;
    this.#ids = ids;
  }

  static async make(options: Options, count: number): Promise<Place> {
    options.say(`cost: a daemon with ${count} mappings`);
    const [routerId = ''] = await manyRouters(options, 1);
    const daemon = await BenchDaemon.make(options, 'nftables', SETTINGS);
    const ids = await storeMappings(options, daemon.state_dir, [routerId], count);
    await daemon.start();
    return new Place(daemon, new Clients(options, daemon, 1), routerId, ids);
  }

  async create(): Promise<string> {
    const mapping = { router_id: this.#routerId, server_ip: '10.20.0.51', server_port: 22 };
    return (await this.#clients.ask<Created>({ method: 'POST', path: PATH, body: { mapping } })).mapping.id;
  }

  /** Gives the milliseconds of so many times each of it. */
  async times(count: number): Promise<Times> {
    const sum: Times = {
      create: 0,
      'cpu of create': 0,
      show: 0,
      'show of a new one': 0,
      'delete of a new one': 0,
      page: 0,
    };
    const marker = this.#ids.length > FEW ? `&marker=${this.#any()}` : '';
    for (let time = 0; time < count; time++) {
      let id = '';
      const cpu = threadsMs(this.#daemon.pid);
      sum.create += await timed(async () => {
        id = await this.create();
      });
      sum['cpu of create'] += threadsMs(this.#daemon.pid) - cpu;
      sum['show of a new one'] += await timed(() => this.#clients.ask({ method: 'GET', path: `${PATH}/${id}` }));
      sum['delete of a new one'] += await timed(() => this.#clients.ask({ method: 'DELETE', path: `${PATH}/${id}` }));
      sum.show += await timed(() => this.#clients.ask({ method: 'GET', path: `${PATH}/${this.#any()}` }));
      sum.page += await timed(() => this.#clients.ask({ method: 'GET', path: `${PATH}?limit=100${marker}` }));
    }
    return sum;
  }

  #any(): string | undefined {
    this.#turn += 7919;
    return this.#ids[this.#turn % this.#ids.length];
  }
}

async function manyMappings(options: Options): Promise<Figure[]> {
  const many = options.quick ? 5_000 : 60_000;
  const [rounds, count] = options.quick ? [3, 4] : [15, 12];
  const [withMany, withFew] = [await Place.make(options, many), await Place.make(options, FEW)];
  const found: { readonly many: Times; readonly few: Times }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const first = round % 2 === 0 ? await withMany.times(count) : undefined;
    const few = await withFew.times(count);
    const times = { many: first ?? (await withMany.times(count)), few };
    // The first round warms up.
    if (round > 0) found.push(times);
  }
  const figure = (work: Work, title: string, atMost: number): Figure => ({
    title: `${title} (nftables, over HTTP)`,
    bar: { atMost },
    ratios: found.map((times) => times.many[work] / times.few[work]),
  });
  const against = `with ${many} mappings, against with ${FEW}`;
  return [
    figure('create', `create one mapping ${against}`, 1.2),
    figure('cpu of create', `the daemon's processor time for it ${against}`, 1.2),
    figure('show', `show one ${against}`, 1.5),
    figure('show of a new one', `show one that is new ${against}`, 1.5),
    figure('delete of a new one', `delete one that is new ${against}`, 1.5),
    figure('page', `list a page of 100 of ${many} mappings, against of ${FEW}`, 3),
  ];
}

export const cost: Row = {
  name: 'cost',
  measure: async (options): Promise<Findings> => ({ figures: await manyMappings(options) }),
};
