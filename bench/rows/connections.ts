// What a create costs in a router with many tracked connections.
import { setTimeout } from 'node:timers/promises';
import { Clients } from '../clients.ts';
import { BenchDaemon } from '../daemon.ts';
import { manyRouters, storeMappings } from '../many-routers.ts';
import { timed } from '../measure.ts';
import { GATEWAY } from '../router.ts';
import type { Figure, Findings, Options, Row } from '../row.ts';

const PATH = '/v1/mappings';
const MAPPINGS = 10;
/** No look at all rules in between. */
const SETTINGS = { PRAAS_RECONCILE_PERIOD_SECONDS: '3600' };
/** What a change leaves to be done beside its answer. */
const SETTLE_MS = 700;

/** Puts so many connections to the gateway into the connection table of a router. */
async function connect({ steady, later, ending }: Options, routerId: string, count: number): Promise<void> {
  const flows = Array.from({ length: count }, (_, index) => {
    const [source, port] = [`198.18.${index >> 14}.${(index >> 8) & 63}`, 1024 + (index & 255)];
    const ends = `-s ${source} -d ${GATEWAY} --sport ${port} --dport 443`;
    return `-I -p tcp ${ends} -r ${GATEWAY} -q ${source} --reply-port-src 443 --reply-port-dst ${port} -t 3600 --state ESTABLISHED -u SEEN_REPLY,ASSURED`;
  });
  const path = `/tmp/${routerId}.flows`;
  later(() => steady({ file: 'rm', args: ['-f', path] }));
  await steady({ file: 'tee', args: [path], input: `${flows.join('\n')}\n` });
  const args = ['netns', 'exec', routerId, 'conntrack', '--load-file', path];
  const { exitCode, stderr } = await steady({ file: 'ip', args });
  if (exitCode !== 0) throw new Error(`conntrack: ${stderr.slice(-300)}`);
  ending.throwIfAborted();
}

async function manyConnections(options: Options): Promise<Figure> {
  const count = options.quick ? 5_000 : 50_000;
  options.say(`connections: a router with ${count} connections`);
  const routerIds = await manyRouters(options, 2);
  await connect(options, routerIds[0] ?? '', count);
  const daemon = await BenchDaemon.make(options, 'nftables', SETTINGS);
  await storeMappings(options, daemon.state_dir, routerIds, MAPPINGS);
  await daemon.start();
  const clients = new Clients(options, daemon, 1);
  const [rounds, times] = options.quick ? [3, 4] : [15, 6];
  const creates = async (router_id: string | undefined): Promise<number> => {
    const mapping = { router_id, server_ip: '10.20.0.51', server_port: 22 };
    const milliseconds = await timed(async () => {
      for (let time = 0; time < times; time++) await clients.ask({ method: 'POST', path: PATH, body: { mapping } });
    });
    await setTimeout(SETTLE_MS);
    return milliseconds;
  };
  const found: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const first = round % 2 === 0 ? await creates(routerIds[0]) : undefined;
    const without = await creates(routerIds[1]);
    const ratio = (first ?? (await creates(routerIds[0]))) / without;
    if (round > 0) found.push(ratio);
  }
  return {
    title: `create one mapping in a router with ${count} connections, against with none (nftables, over HTTP)`,
    bar: { atMost: 2 },
    ratios: found,
  };
}

export const connections: Row = {
  name: 'connections',
  measure: async (options): Promise<Findings> => ({ figures: [await manyConnections(options)] }),
};
