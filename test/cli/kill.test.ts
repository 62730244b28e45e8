// kill -9 at any moment of a change loses nothing that was acknowledged, and one sync makes the kernel equal to the store.
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { type Ended, type Shell, testShell } from '../support/executable.ts';
import { forwardsInKernel, forwardsOf } from '../support/kernel-view.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const ROUNDS = 50;
const TIMEOUT_MS = 600_000;
const KILLED = 137;

let world: TestWorld;
let shell: Shell;

beforeEach(async () => {
  world = await testWorld({ router: 'neutron', neutronRules: true });
});
afterEach(async () => {
  shell?.remove();
  await world?.remove();
});

/** Runs praas and kills it after so long. */
async function killed(afterMs: number, words: readonly string[]): Promise<Ended> {
  const { process: child, ended } = shell.start(...words);
  await Promise.race([setTimeout(afterMs), ended]);
  child.kill('SIGKILL');
  return ended;
}

describe.each(BACKENDS)('%s', (backend) => {
  test(
    `${ROUNDS} creates and deletes, each killed at a random moment`,
    async () => {
      shell = testShell({ backend, settings: ['lock_timeout_seconds = 5'] });
      const create = ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80', '--json'];
      const begun = performance.now();
      const first = await shell.json(...create.slice(0, -1));
      const wholeMs = performance.now() - begun;
      const acknowledged = new Set([first.id]);
      const ends = { killed: 0, done: 0 };

      for (let round = 0; round < ROUNDS; round++) {
        // From before it has loaded to after it is done, most of them in the part that changes something.
        const afterMs = wholeMs * (0.2 + Math.random());
        const victim = round % 3 === 2 ? [...acknowledged][0] : undefined;
        if (victim !== undefined) acknowledged.delete(victim);
        const { code, stdout } = await killed(afterMs, victim === undefined ? create : ['pat', 'delete', victim]);
        expect([0, KILLED]).toContain(code);
        if (code === 0) ends.done++;
        else ends.killed++;
        if (victim === undefined && code === 0) acknowledged.add((JSON.parse(stdout) as Mapping).id);

        const where = `round ${round}, killed after ${afterMs.toFixed(0)} ms`;
        expect({ where, ...(await shell.run('router', 'sync', world.router_id)) }).toMatchObject({ where, code: 0 });
        const listed = await shell.json<Mapping[]>('pat', 'list');
        const ids = listed.map(({ id }) => id);
        expect({ where, lost: [...acknowledged].filter((id) => !ids.includes(id)) }).toEqual({ where, lost: [] });
        if (victim !== undefined && code === 0) expect(ids).not.toContain(victim);
        const ports = listed.map(({ router_port }) => router_port);
        expect({ where, ports: new Set(ports).size }).toEqual({ where, ports: ports.length });
        expect(listed.filter(({ status }) => status !== 'ACTIVE')).toEqual([]);
        expect(await forwardsInKernel(world, backend)).toEqual(forwardsOf(listed));
      }
      // Neither all of them before anything happened nor all of them too late.
      expect(ends.killed).toBeGreaterThan(5);
      expect(ends.done).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
