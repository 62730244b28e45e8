// The newest events of a day that has very many, beside those of a day that has few.
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seal } from '../../src/store/files/seal.ts';
import { Clients } from '../clients.ts';
import { BenchDaemon } from '../daemon.ts';
import { ratios, timed } from '../measure.ts';
import { mappingsFor } from '../router.ts';
import type { Findings, Options, Row } from '../row.ts';

const FEW = 1000;
const MANY = 1_000_000;
const ROUTER = 'bench-events';
/** The file of one day, as it is without a limit of bytes. */
const DAY = '2030-01-10';

async function writeEvents(stateDir: string, count: number): Promise<void> {
  const directory = join(stateDir, 'events');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = createWriteStream(join(directory, `${DAY}.jsonl`), { mode: 0o600 });
  const [mapping] = mappingsFor(ROUTER, 1);
  if (mapping === undefined) throw new Error('no mapping');
  const start = Date.parse(DAY) * 1000;
  const { id: mapping_id, router_id, project_id } = mapping;
  const subject = { type: 'updated', mapping_id, router_id, project_id, by: { kind: 'operator', name: 'root' } };
  const what = { ...subject, reason: '', reason_code: null, request_id: '', before: { name: '' }, mapping };
  for (let id = start + 1; id <= start + count; id++) {
    const line = seal(JSON.stringify({ id, at: `${DAY}T12:00:00Z`, ...what }));
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** Gives what asks a daemon with so many events for a page of them. */
async function asker(options: Options, count: number): Promise<(query: string) => Promise<number>> {
  const daemon = await BenchDaemon.make(options, 'nftables');
  await writeEvents(daemon.state_dir, count);
  await daemon.start();
  const clients = new Clients(options, daemon, 1);
  return (query) =>
    timed(async () => {
      const { events } = await clients.ask<{ events: unknown[] }>({ method: 'GET', path: `/v1/events?${query}` });
      if (events.length !== 10) throw new Error(`${events.length} events and not 10`);
    });
}

async function measure(options: Options): Promise<Findings> {
  const count = options.quick ? 20_000 : MANY;
  options.say(`events: ${count} and ${FEW} in one day`);
  const [many, few] = [await asker(options, count), await asker(options, FEW)];
  const rounds = options.quick ? 5 : 50;
  const title = (what: string): string => `${what} of ${count} events of one day, against of ${FEW}`;
  const half = (of: number): string => `limit=10&after=${Date.parse(DAY) * 1000 + of / 2}`;
  return {
    figures: [
      {
        title: title('GET /v1/events?limit=10, the newest,'),
        bar: { atMost: 2 },
        ratios: await ratios(
          rounds,
          () => many('limit=10'),
          () => few('limit=10'),
        ),
      },
      {
        title: title('GET /v1/events?limit=10&after=, from the middle,'),
        bar: { atMost: 2 },
        ratios: await ratios(
          rounds,
          () => many(half(count)),
          () => few(half(FEW)),
        ),
      },
    ],
  };
}

export const events: Row = { name: 'events', measure };
