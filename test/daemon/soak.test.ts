/**
 * Many clients, routers that are deleted and created again, and a daemon that is killed every few seconds: at the end the kernel, the store
 * and the answers to the clients agree. PRAAS_SOAK_SECONDS sets the duration, PRAAS_SOAK_SEED the random numbers.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { TestDaemon } from '../support/daemon.ts';
import { waitUntil } from '../support/executable.ts';
import { forwardsInKernel } from '../support/kernel-view.ts';
import { mappingLine, SoakClient, SoakRouter, seededRandom } from '../support/soak.ts';

const SECONDS = Number(process.env['PRAAS_SOAK_SECONDS'] ?? 60);
const SEED = Number(process.env['PRAAS_SOAK_SEED'] ?? Math.floor(Math.random() * 1e9));
const CLIENTS = 64;
const ROUTERS = 20;
const SETTLE_SECONDS = 60;
/** The soak lasts until the daemon was killed so often. */
const LEAST_KILLS = 2;
/** All clients have one token. */
const UNLIMITED = ['writes_per_minute = -1', 'max_requests_per_caller = -1'];

let daemon: TestDaemon;
let routers: readonly SoakRouter[];

afterEach(async () => {
  await daemon.remove();
  for (const router of routers) {
    try {
      router.delete();
    } catch {
      // It was not there at that moment.
    }
  }
});

const FORWARD = /^(?<id>\S+) tcp [\d.]+:(?<port>\d+) from anywhere to [\d.]+:(?<server_port>\d+)$/;

async function kernelLines(backend: BackendName): Promise<string[]> {
  const lines = await Promise.all(
    routers.map(async (router) => {
      // A router without mappings may have no table.
      const forwards = await forwardsInKernel(router, backend).catch(() => []);
      return forwards.map((line) => {
        const { id, port, server_port } = FORWARD.exec(line)?.groups ?? {};
        return id === undefined ? `${router.id} ${line}` : `${router.id} ${id} ${port} to ${server_port}`;
      });
    }),
  );
  return lines.flat().toSorted();
}

test.each<[BackendName, number]>([
  ['iptables', SECONDS],
  ['nftables', Math.ceil(SECONDS / 3)],
])(
  `with %s for %i seconds (seed ${SEED})`,
  async (backend, seconds) => {
    const random = seededRandom(SEED);
    const prefix = `praas-soak-${randomUUID().slice(0, 6)}`;
    routers = Array.from({ length: ROUTERS }, (_, number) => new SoakRouter(prefix, number));
    for (const router of routers) router.create();
    const settings = ['reconcile_period_seconds = 2', 'router_port_range = 4000:4999', 'command_timeout_seconds = 10'];
    daemon = await TestDaemon.start({ backend, settings: [...settings, ...UNLIMITED] });
    const clients = Array.from({ length: CLIENTS }, (_, n) => new SoakClient(daemon, routers, seededRandom(SEED + n)));
    const end = performance.now() + seconds * 1000;
    let kills = 0;
    // The clients do not wait for one another, so a start beside them may take long on a busy machine.
    const isOver = (): boolean => performance.now() > end && kills >= LEAST_KILLS;

    const killing = (async () => {
      while (!isOver()) {
        await setTimeout(2000 + random() * 3000);
        await daemon.kill();
        kills++;
        await daemon.begin();
      }
    })();
    let deletions = 0;
    const deleting = (async () => {
      while (!isOver()) {
        const router = routers[Math.floor(random() * ROUTERS)];
        router?.delete();
        await setTimeout(100 + random() * 400);
        router?.create();
        deletions++;
        await setTimeout(500);
      }
    })();
    const working = clients.map(async (client) => {
      while (!isOver()) await client.step();
    });
    await Promise.all([killing, deleting, ...working]);

    const expected = clients.flatMap(({ expected: own }) => [...own.values()].map(mappingLine)).toSorted();
    const { body } = await daemon.ask<{ mappings: readonly Mapping[] }>('GET', '/v1/mappings');
    expect(body.mappings.map(mappingLine).toSorted()).toEqual(expected);
    const published = expected.filter((line) => !line.endsWith('disabled'));
    const limit = performance.now() + SETTLE_SECONDS * 1000;
    await waitUntil(async () => (await kernelLines(backend)).join() === published.join() || performance.now() > limit);
    expect(await kernelLines(backend)).toEqual(published);
    expect(clients.flatMap(({ faults }) => faults)).toEqual([]);

    // It was really something.
    const sum = (each: (client: SoakClient) => number): number =>
      clients.reduce((total, client) => total + each(client), 0);
    expect(kills).toBeGreaterThanOrEqual(LEAST_KILLS);
    expect(deletions).toBeGreaterThan(5);
    expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(CLIENTS);
    expect(sum(({ broken }) => broken)).toBeGreaterThan(0);

    const { code, stderr } = await daemon.stop();
    expect([code, stderr]).toEqual([0, '']);
    const { state_dir, directory } = daemon.shell;
    const left = readdirSync(join(state_dir, 'routers')).filter((name) => !/\.(json|journal)$/.test(name));
    expect(left).toEqual([]);
    const log = readFileSync(join(directory, 'log', 'pat-agent.log'), 'utf8');
    expect(log.split('\n').filter((line) => line.includes('"stack"'))).toEqual([]);
  },
  (SECONDS + SETTLE_SECONDS + 120) * 1000,
);
