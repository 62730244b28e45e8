/**
 * A tenant that asks for as much as it can, until it is killed: checks of a server that does not respond, its whole list, batches with new
 * idempotency keys, and tokens that are not valid. Prints a line once all of that is under way.
 */
import { Agent, request } from 'node:http';

const { url, token, id, router_id, server_ip, from } = JSON.parse(process.argv[2]);
const [CHECKS, LISTS, LOOPS, STRANGERS] = [300, 40, 8, 40];
/** What is refused is asked again, but not without end in no time: the attacker has no more than its share of the processor either. */
const PAUSE_MS = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 512, localAddress: from });

/** Gives the status; 0 for a connection that was closed. */
function ask(method, path, headers, body) {
  return new Promise((resolve) => {
    const asked = request(url + path, { method, agent, headers: { 'Content-Type': 'application/json', ...headers } });
    asked.on('response', (response) => response.resume().on('close', () => resolve(response.statusCode)));
    asked.on('error', () => resolve(0));
    asked.end(body && JSON.stringify(body));
  });
}

async function forever(count, work) {
  const one = async () => {
    for (let n = 0; n < 1e6; n++) {
      await work(n);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

const own = { 'X-Auth-Token': token };
const mappings = [{ router_id, server_ip, server_port: 99, enabled: false, description: 'x'.repeat(255) }];
const all = [
  forever(CHECKS, () => ask('GET', `/v1/mappings/${id}/check`, own)),
  forever(LISTS, () => ask('GET', '/v1/mappings', own)),
  forever(LOOPS, async () => {
    const key = crypto.randomUUID().padEnd(255, 'k');
    await ask('POST', '/v1/mappings', { ...own, 'Idempotency-Key': key }, { mappings });
  }),
  forever(STRANGERS, (n) => ask('GET', `/v1/${'A'.repeat(8000)}`, { 'X-Auth-Token': `junk-${n}` })),
];
setTimeout(() => console.log('under way'), 1000);
await Promise.all(all);
