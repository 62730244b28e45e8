// What the daemon occupies with nothing to keep and with ten thousand mappings, and whether requests leave anything behind.
import { setTimeout } from 'node:timers/promises';
import { Clients } from '../clients.ts';
import { BenchDaemon } from '../daemon.ts';
import { manyRouters, storeMappings } from '../many-routers.ts';
import { residentMebibytes } from '../proc.ts';
import type { Findings, Options, Row } from '../row.ts';

const CLIENTS = 16;
const SETTLE_MS = 2000;
const BAR = { atMost: 1.2 };
const BAR_AFTER_START = { atMost: 1.6 };
const BATCHES = 2;
const PATH = '/v1/mappings';

interface Sizes {
  readonly what: string;
  readonly mappings: number;
  readonly routers: number;
  /** Mebibytes after the start, after a batch of requests, and after another one. */
  readonly values: readonly number[];
}

async function sizesOf(options: Options, requests: number, mappings: number, routers: number): Promise<Sizes> {
  const what = `${mappings === 0 ? 'no' : mappings} mappings, ${routers === 1 ? 'one router' : `${routers} routers`}`;
  options.say(`memory: ${what}`);
  const routerIds = await manyRouters(options, routers);
  const daemon = await BenchDaemon.make(options, 'nftables');
  const ids = await storeMappings(options, daemon.state_dir, routerIds, mappings / routers);
  await daemon.start();
  const clients = new Clients(options, daemon, CLIENTS);
  const values: number[] = [];
  for (let batch = 0; batch <= BATCHES; batch++) {
    if (batch > 0) await clients.work(CLIENTS, requestsTo(clients, routerIds, ids, requests));
    await setTimeout(SETTLE_MS);
    values.push(residentMebibytes(daemon.pid));
  }
  await daemon.stop();
  return { what, mappings, routers, values };
}

/** So many requests: of forty, four create a mapping, four delete it, one lists a hundred, the others show one. */
function requestsTo(
  clients: Clients,
  routerIds: readonly string[],
  ids: readonly string[],
  count: number,
): (() => Promise<unknown>)[] {
  const one = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];
  const list = () => clients.ask({ method: 'GET', path: `${PATH}?limit=100` });
  const change = (index: number) => async (): Promise<void> => {
    const mapping = { router_id: one(routerIds, index), server_ip: '10.20.0.51', server_port: 22 };
    const created = await clients.ask<{ mapping: { id: string } }>({ method: 'POST', path: PATH, body: { mapping } });
    await clients.ask({ method: 'DELETE', path: `${PATH}/${created.mapping.id}` });
  };
  const show = (index: number) => () => clients.ask({ method: 'GET', path: `${PATH}/${one(ids, index) ?? ''}` });
  return Array.from({ length: count / 40 }, (_, cycle) => [
    ...Array.from({ length: 4 }, (__, index) => change(cycle * 4 + index)),
    ...Array.from({ length: 31 }, (__, index) => show(cycle * 31 + index)),
    list,
  ]).flat();
}

async function measure(options: Options): Promise<Findings> {
  const many = options.quick ? 1_000 : 10_000;
  const requests = options.quick ? 400 : 10_000;
  const sizes = [
    await sizesOf(options, requests, 0, 1),
    await sizesOf(options, requests, many, 1),
    await sizesOf(options, requests, many, 20),
  ];
  return {
    figures: sizes.flatMap(
      ({ what, mappings, routers, values: [start = Number.NaN, after = Number.NaN, later = Number.NaN] }) => [
        // Without mappings it is the memory of Node that grows.
        {
          title: `memory of the daemon after ${requests} requests, against after the start (nftables, ${what})`,
          ...(mappings > 0 && routers === 1 && { bar: BAR_AFTER_START }),
          ratios: [after / start],
        },
        {
          title: `memory of the daemon after ${requests} more requests, against after the first ${requests} (nftables, ${what})`,
          bar: BAR,
          ratios: [later / after],
        },
      ],
    ),
    facts: [
      {
        title: 'memory of the daemon, MiB',
        columns: ['after the start', `after ${requests} requests`, `after ${2 * requests}`],
        lines: sizes.map(({ what, values }) => ({ what, values: values.map((value) => [value]) })),
      },
    ],
  };
}

export const memory: Row = { name: 'memory', measure };
