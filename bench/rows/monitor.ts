// From the call that changes a server's address to the mapping that leads there, on a real OpenStack, by its events.
import { setTimeout } from 'node:timers/promises';
import { Api } from '../../lab/api.ts';
import { serverOf } from '../../lab/servers.ts';
import type { Mapping } from '../../src/pat/mapping.ts';
import { NOTIFICATIONS, startDaemon } from '../../test/support/lab.ts';
import { raiseLab } from '../lab.ts';
import { timed } from '../measure.ts';
import type { Row } from '../row.ts';

const NAME = 'bench-nomad';
const SERVER_PORT = 8080;
const ROUNDS = 20;
const SECOND_MS = 1000;
const POLL_MS = 5;
const PATIENCE_MS = 30_000;
/** So long that no sweep helps. */
const HOUR = '3600';

export const monitor: Row = {
  name: 'monitor',
  async measure(options) {
    const { quick, later, say } = options;
    const lab = await raiseLab(options, SERVER_PORT);
    const demo = new Api('demo');
    await lab('server', 'create', NAME);
    later(() => lab('server', 'delete', NAME));
    const env = { PRAAS_NOTIFICATIONS: NOTIFICATIONS, PRAAS_SECOND_MONITORING: HOUR };
    const daemon = await startDaemon({ env, flags: ['--monitor'] });
    later(() => daemon.remove());
    await daemon.says('hears what happens');
    const body = { mapping: { server: NAME, server_port: SERVER_PORT } };
    const token = await demo.token();
    const { mapping } = (await daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', { token, body })).body;
    const { port_id, subnet_id } = serverOf(NAME);

    const leadsTo = async (ip_address: string): Promise<void> => {
      const end = Date.now() + PATIENCE_MS;
      for (;;) {
        const { body: now } = await daemon.ask<{ mapping: Mapping }>('GET', `/v1/mappings/${mapping.id}`);
        if (now.mapping.server_ip === ip_address && now.mapping.status === 'ACTIVE') return;
        if (Date.now() > end) throw new Error(`the mapping still leads to ${now.mapping.server_ip}`);
        await setTimeout(POLL_MS);
      }
    };
    const moveTo = (ip_address: string): Promise<unknown> =>
      demo.call('network', 'PUT', `/ports/${port_id}`, { port: { fixed_ips: [{ subnet_id, ip_address }] } });

    say('monitor: another address, and the mapping that leads there');
    const [calls, followed]: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 3 : ROUNDS); round++) {
      const ip_address = `10.20.0.${200 + (round % 2)}`;
      let call = 0;
      const whole = await timed(async () => {
        call = await timed(() => moveTo(ip_address));
        await leadsTo(ip_address);
      });
      calls.push(call);
      followed.push(whole);
    }
    const title =
      "from the call that changes a server's address to the mapping that leads there, by events, of one second";
    return {
      figures: [{ title, bar: { at_most: 1 }, ratios: followed.map((milliseconds) => milliseconds / SECOND_MS) }],
      facts: [
        {
          title: 'a server that gets another address, on a real OpenStack',
          columns: ["Neutron's answer within, ms", 'mapping leads there within, ms'],
          lines: [{ what: 'praas serve --monitor, with events', values: [calls, followed] }],
        },
      ],
    };
  },
};
