// Connections through the last of many mappings, against plain routing without any NAT.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ADDRESSES, placesOf, standardPlan, type WorldNames } from '../../src/demo/plan.ts';
import { World } from '../../src/demo/world.ts';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Forward } from '../../src/pat/forward.ts';
import { plan } from '../../src/pat/plan.ts';
import { newUuid } from '../../src/system/clock.ts';
import { ratios } from '../measure.ts';
import { dataplaneOf } from '../router.ts';
import type { Figure, Options, Row } from '../row.ts';
import { NODE } from '../whole-command.ts';

const CONNECTOR = new URL('../connector.mjs', import.meta.url).pathname;
const SERVER_PORT = 80;

interface Talker {
  /** Says a line, gives the next line that it answers. */
  ask(line: string): Promise<string>;
}

function start(options: Options, namespace: string, args: readonly string[]): Talker {
  const child = spawn('ip', ['netns', 'exec', namespace, NODE, CONNECTOR, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  options.later(async () => void child.stdin.end());
  return {
    async ask(line) {
      if (line !== '') child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${args.join(' ')} in ${namespace} ended`);
      return value;
    },
  };
}

/** A world of its own with a server; gives what makes so many connections to `address:port` from outside. */
async function worldWith(
  options: Options,
  prepare: (names: WorldNames) => Promise<void>,
  address: string,
  port: number,
): Promise<(count: number) => Promise<number>> {
  const id = newUuid().slice(0, 8);
  const prefix = `praas-bench-${id}`;
  const names = { router: `${prefix}-router`, outside_interface: 'ext0', inside_interface: 'int0', prefix };
  const world = await World.create(options.exec, standardPlan(names));
  options.later(() => world.remove());
  const places = placesOf(names);
  const inside = ['-n', places.client, 'route', 'add', '10.20.0.0/24', 'via', ADDRESSES.gateway];
  await options.exec({ file: 'ip', args: inside });
  await prepare(names);
  await start(options, places.web, ['serve', String(SERVER_PORT)]).ask('');
  const client = start(options, places.client, ['connect', address, String(port)]);
  return async (count) => Number(await client.ask(String(count)));
}

async function through(options: Options, backend: BackendName, most: number, bar: number | undefined): Promise<Figure> {
  const count = options.quick ? Math.min(most, 1_000) : most;
  const connections = options.quick ? 200 : 2_000;
  options.say(`connection: ${count} mappings, ${backend}`);
  const forwards = Array.from({ length: count }, (_, index): Forward => {
    return {
      mapping_id: newUuid(),
      protocol: 'tcp',
      gateway_ip: ADDRESSES.gateway,
      router_port: index + 1,
      server_ip: ADDRESSES.web,
      server_port: SERVER_PORT,
      allowed_cidrs: [],
      masquerade: false,
    };
  });
  const dataplane = dataplaneOf(options.exec, backend);
  const publish = async ({ router }: WorldNames): Promise<void> => {
    const { frame } = await dataplane.observe(router);
    await dataplane.apply(router, plan(forwards, [], frame));
  };
  const mapped = await worldWith(options, publish, ADDRESSES.gateway, count);
  const plain = await worldWith(options, async () => undefined, ADDRESSES.web, SERVER_PORT);
  return {
    title: `connection set-up through the last of ${count} mappings (${backend}), against plain routing with no NAT`,
    bar,
    ratios: await ratios(
      options.quick ? 3 : 15,
      () => mapped(connections),
      () => plain(connections),
    ),
  };
}

export const connection: Row = {
  name: 'connection',
  measure: async (options) => [
    await through(options, 'nftables', 60_000, 1.25),
    await through(options, 'iptables', 1_000, undefined),
  ],
};
