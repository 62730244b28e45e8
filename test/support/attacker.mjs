/**
 * A tenant that asks for as much as it can, until it is killed: checks of a server that does not respond, its whole list, its events,
 * batches with new idempotency keys, updates, deletions and dry runs, bodies that are slow, too large, too deep or for what it may not do,
 * tokens that are not valid, and pages without a token. Prints a line once each of that has had a response.
 */
import { Agent, request } from 'node:http';

const { url, token, id, router_id, server_ip, from } = JSON.parse(process.argv[2]);
const [CHECKS, LISTS, LOOPS, STRANGERS] = [300, 40, 8, 40];
const PAGES = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'];
const NOBODY = '00000000-0000-4000-8000-000000000000';
const TOO_LARGE = JSON.stringify('x'.repeat(1.5 * 1024 * 1024));
const LARGE = JSON.stringify({ ids: Array.from({ length: 90_000 }, () => 'x') });
const SLOW = JSON.stringify({ mappings: 'x'.repeat(400) });
const DEEP = '['.repeat(1_000_000);
/** What is refused is asked again, but not without end in no time: the attacker has no more than its share of the processor either. */
const PAUSE_MS = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 512, localAddress: from });

/** Gives the status; 0 for a connection that was closed. The body is a text, or a value that is sent as JSON. */
function ask(method, path, headers, body) {
  return new Promise((resolve) => {
    const asked = request(url + path, { method, agent, headers: { 'Content-Type': 'application/json', ...headers } });
    asked.on('response', (response) => response.resume().on('close', () => resolve(response.statusCode)));
    asked.on('error', () => resolve(0));
    asked.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}

/** A body that comes in slowly: the request is under way for that long. */
function askSlowly(path, headers, body) {
  return new Promise((resolve) => {
    const method = 'POST';
    const asked = request(url + path, { method, agent, headers: { 'Content-Type': 'application/json', ...headers } });
    asked.on('response', (response) => response.resume().on('close', () => resolve(response.statusCode)));
    asked.on('error', () => resolve(0));
    const parts = body.match(/[^]{1,8}/g);
    const send = () => {
      const part = parts.shift();
      if (part === undefined) asked.end();
      else asked.write(part, () => setTimeout(send, PAUSE_MS));
    };
    send();
  });
}

const firsts = [];

/** Does the work again and again, `count` times at a time; the work gives the status of a response. */
async function forever(count, work) {
  const first = Promise.withResolvers();
  firsts.push(first.promise);
  const one = async () => {
    for (let n = 0; n < 1e6; n++) {
      if ((await work(n)) > 0) first.resolve();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

const own = { 'X-Auth-Token': token };
const mappings = [{ router_id, server_ip, server_port: 99, enabled: false, description: 'x'.repeat(255) }];
const many = Array.from({ length: 40 }, (_, n) => ({ router_id, server_ip, server_port: 100 + n, enabled: false }));
const all = [
  forever(CHECKS, () => ask('GET', `/v1/mappings/${id}/check`, own)),
  forever(LISTS, () => ask('GET', '/v1/mappings', own)),
  forever(LOOPS, () => {
    const key = crypto.randomUUID().padEnd(255, 'k');
    return ask('POST', '/v1/mappings', { ...own, 'Idempotency-Key': key }, { mappings });
  }),
  forever(LISTS, () => ask('GET', '/v1/events?limit=1000', own)),
  forever(LOOPS, (n) => ask('GET', `/v1/events?after=${n}`, own)),
  forever(LOOPS, (n) => ask('PATCH', `/v1/mappings/${id}`, own, { mapping: { description: `${n}`.padEnd(255) } })),
  forever(LOOPS, () => ask('DELETE', `/v1/mappings/${NOBODY}`, own)),
  forever(LOOPS, () => ask('DELETE', `/v1/mappings/${id}?dry_run=true`, own)),
  forever(LOOPS, () => ask('POST', '/v1/mappings?dry_run=true', own, { mappings: many })),
  forever(LOOPS, () => ask('POST', `/v1/routers/${router_id}/import`, own, LARGE)),
  forever(LOOPS, () => ask('POST', '/v1/mappings/delete', own, LARGE)),
  forever(LOOPS, () => ask('POST', '/v1/mappings', own, DEEP)),
  forever(LOOPS, () => ask('POST', '/v1/mappings', own, TOO_LARGE)),
  forever(LOOPS, () => ask('POST', '/v1/mappings', {}, TOO_LARGE)),
  forever(LOOPS, () => askSlowly('/v1/mappings', own, SLOW)),
  forever(STRANGERS, (n) => ask('GET', PAGES[n % PAGES.length], {})),
  forever(STRANGERS, (n) => ask('GET', `/v1/${'A'.repeat(8000)}`, { 'X-Auth-Token': `junk-${n}` })),
];
await Promise.all(firsts);
console.log('under way');
await Promise.all(all);
