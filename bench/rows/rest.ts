// What the daemon holds and uses while no request comes and nothing happens.
import { setTimeout } from 'node:timers/promises';
import type { BackendName } from '../../src/netfilter/backend.ts';
import { BenchDaemon } from '../daemon.ts';
import { manyRouters, storeMappings } from '../many-routers.ts';
import { children, descriptors, processorMs } from '../proc.ts';
import type { FactLine, Findings, Options, Row } from '../row.ts';

const ROUTERS = 20;
const MAPPINGS = 10;
/** Programs that were needed at the start are kept for a while. */
const SETTLE_MS = 8000;
/** Every router is looked at once in it, by the period. */
const REST_SECONDS = 35;

async function restOf(options: Options, backend: BackendName, seconds: number): Promise<FactLine> {
  const routerIds = await manyRouters(options, ROUTERS);
  const daemon = await BenchDaemon.make(options, backend);
  await storeMappings(options, daemon.state_dir, routerIds, MAPPINGS);
  await daemon.start();
  const { pid } = daemon;
  await setTimeout(SETTLE_MS, undefined, { signal: options.ending });
  const { open, sockets } = descriptors(pid);
  const running = children(pid);
  const before = processorMs(pid);
  await setTimeout(seconds * 1000, undefined, { signal: options.ending });
  const after = processorMs(pid);
  await daemon.stop();
  const values = [open, sockets, running, after.own - before.own, after.programs - before.programs];
  return { what: backend, values: values.map((value) => [value]) };
}

async function measure(options: Options): Promise<Findings> {
  const seconds = options.quick ? 3 : REST_SECONDS;
  options.say(`rest: ${seconds} seconds of nothing, twice`);
  const lines = [await restOf(options, 'iptables', seconds), await restOf(options, 'nftables', seconds)];
  const columns = [
    'descriptors',
    'of them sockets',
    'child processes',
    `CPU of its own in ${seconds} s, ms`,
    'CPU of programs that have ended, ms',
  ];
  const title = `the daemon at rest, ${ROUTERS} routers with ${MAPPINGS} mappings each`;
  return { figures: [], facts: [{ title, columns, lines }] };
}

export const rest: Row = { name: 'rest', measure };
