/**
 * One tenant does its worst with everything at once, and another one goes on working: its creates take at most three times as long as
 * without, in the same run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { TestDaemon } from '../support/daemon.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

/** Creates of one measurement, and measurements with and without the other: machines are noisy. */
const ROUNDS = 15;
const PAIRS = 3;
const MOST = 3;
/** What the other began is over by then. */
const CHECK_MS = 5000;
/** The address of the one that does its worst. */
const FROM = '127.0.0.2';
const TIMEOUT_MS = 180_000;
/** Nothing has that address, so a check of it takes as long as a check can. */
const SILENT = '10.20.0.99';

/** The events of what the other creates are more than its share of the day. */
const SETTINGS = ['router_port_range = 4000:4200', 'events_max_mib_per_day = 16', 'max_project_events_percent = 1'];

let daemon: TestDaemon | undefined;
let worlds: TestWorld[] = [];
let attacker: ChildProcess | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  attacker?.kill('SIGKILL');
  for (const socket of sockets.splice(0)) socket.destroy();
  await daemon?.remove();
  for (const world of worlds) await world.remove();
  worlds = [];
});

async function tokenOf(running: TestDaemon, project: string): Promise<string> {
  const words = ['--name', project, '--role', 'admin', '--project', project, '-f', 'value', '-c', 'Token'];
  return (await running.shell.ok('token', 'create', ...words)).trim();
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The median of how long a create takes, in milliseconds; what it creates is deleted again. */
async function medianOfCreates(running: TestDaemon, token: string, router_id: string): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const start = performance.now();
    const body = { mapping: { router_id, server_ip: '10.20.0.51', server_port: 1000 + n } };
    const created = await running.ask<{ mapping: { id: string } }>('POST', '/v1/mappings', { token, body });
    times.push(performance.now() - start);
    expect(created.status).toBe(201);
    expect((await running.ask('DELETE', `/v1/mappings/${created.body.mapping.id}`, { token })).status).toBe(204);
  }
  return median(times);
}

/** Connections that have had one answer and do nothing more. */
async function openIdle(count: number, url: string): Promise<void> {
  const port = Number(new URL(url).port);
  for (let n = 0; n < count; n++) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: FROM });
    socket.on('error', () => undefined).resume();
    socket.write('GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n');
    sockets.push(socket);
    if (n % 100 === 99) await setTimeout(20);
  }
}

test(
  'a create takes at most three times as long while another tenant does its worst',
  async () => {
    worlds = [await testWorld({ router: 'plain' }), await testWorld({ router: 'plain' })];
    const [theirs, ours] = worlds as [TestWorld, TestWorld];
    daemon = await TestDaemon.start({ backend: 'nftables', settings: SETTINGS });
    const [red, blue] = [await tokenOf(daemon, 'red'), await tokenOf(daemon, 'blue')];
    const cidrs = Array.from({ length: 256 }, (_, n) => `198.18.${n}.0/24`);
    const mappings = Array.from({ length: 45 }, (_, n) => ({
      router_id: theirs.router_id,
      server_ip: SILENT,
      server_port: n + 1,
      allowed_cidrs: cidrs,
      enabled: n === 0,
    }));
    const { status, body } = await daemon.ask<{ mappings: { id: string }[] }>('POST', '/v1/mappings', {
      token: red,
      body: { mappings },
    });
    expect(status).toBe(201);
    await medianOfCreates(daemon, blue, ours.router_id);
    const goal = {
      url: daemon.url,
      token: red,
      id: body.mappings[0]?.id,
      router_id: theirs.router_id,
      server_ip: SILENT,
      from: FROM,
    };
    const ratios: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const undisturbed = await medianOfCreates(daemon, blue, ours.router_id);
      await openIdle(2000, daemon.url);
      const [worst, isUnderWay] = startWorst(goal);
      attacker = worst;
      await isUnderWay;
      ratios.push((await medianOfCreates(daemon, blue, ours.router_id)) / undisturbed);
      expect(worst.exitCode).toBeNull();
      worst.kill('SIGKILL');
      for (const socket of sockets.splice(0)) socket.destroy();
      await setTimeout(CHECK_MS);
    }

    expect(await daemon.metric('praas_limited_total{limit="max_checks_per_caller"}')).toBeGreaterThan(0);
    expect(await daemon.metric('praas_limited_total{limit="max_connections_per_address"}')).toBeGreaterThan(0);
    expect(median(ratios)).toBeLessThanOrEqual(MOST);
  },
  TIMEOUT_MS,
);

/** It comes from elsewhere: the processor that it needs itself is not taken from the daemon. */
function startWorst(goal: object): [ChildProcess, Promise<unknown>] {
  let said = '';
  const program = new URL('../support/attacker.mjs', import.meta.url).pathname;
  const words = ['-n', '19', process.execPath, program, JSON.stringify(goal)];
  const worst = spawn('nice', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  worst.stderr.on('data', (text) => {
    said += String(text);
  });
  const ended = once(worst, 'close').then(([code, signal]) => {
    throw new Error(`the attacker ended with ${code ?? signal}\n${said}`);
  });
  return [worst, Promise.race([once(worst.stdout, 'data'), ended])];
}
