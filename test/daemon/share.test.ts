/** One project that writes all day, on the executable: the events of the others stay. */
import { afterEach, expect, test } from '@jest/globals';
import type { Event } from '../../src/pat/mapping/event.ts';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { TestDaemon } from '../support/daemon.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const SETTINGS = ['events_max_mib_per_day = 16', 'max_project_events_percent = 1', 'writes_per_minute = -1'];
/** A description so long that a few changes use up the share. */
const TEXT = 'x'.repeat(200);
const CHANGES = 200;

let world: TestWorld;
let daemon: TestDaemon;
afterEach(async () => {
  await daemon.remove();
  await world.remove();
});

test('a project that uses up its share loses its own later events, also after a restart, and no other does', async () => {
  world = await testWorld({ router: 'neutron', neutronRules: true });
  daemon = await TestDaemon.start({ settings: SETTINGS });
  const tokenOf = async (project: string): Promise<string> => {
    const words = ['--name', project, '--role', 'member', '--project', project, '-f', 'value', '-c', 'Token'];
    return (await daemon.shell.ok('token', 'create', ...words)).trim();
  };
  const publish = async (project_id: string): Promise<string> => {
    const mapping = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, project_id };
    const { status, body } = await daemon.ask<{ mapping: MappingView }>('POST', '/v1/mappings', { body: { mapping } });
    expect([status, body.mapping?.project_id]).toEqual([201, project_id]);
    return body.mapping.id;
  };
  const rename = async (id: string, token: string, name: string): Promise<void> => {
    const body = { mapping: { name, description: `${name} ${TEXT}` } };
    expect((await daemon.ask('PATCH', `/v1/mappings/${id}`, { token, body })).status).toBe(200);
  };
  const typesOf = async (token: string): Promise<string[]> => {
    const { body } = await daemon.ask<{ events: readonly Event[] }>('GET', '/v1/events?limit=1000', { token });
    return body.events.map(({ type }) => type);
  };
  const [noisy, quiet] = [await tokenOf('noisy'), await tokenOf('quiet')];
  const [ofNoisy, ofQuiet] = [await publish('noisy'), await publish('quiet')];
  await rename(ofQuiet, quiet, 'before');

  for (let n = 0; n < CHANGES; n++) await rename(ofNoisy, noisy, `n${n}`);
  await rename(ofQuiet, quiet, 'after');

  const kept = await typesOf(noisy);
  expect(kept.at(-1)).toBe('omitted');
  expect(kept.length).toBeLessThan(CHANGES);
  const leftOut = await daemon.metric('praas_limited_total{limit="max_project_events_percent"}');
  // All but the creation and what stands for the others.
  expect(leftOut).toBe(CHANGES - (kept.length - 2));
  expect(await typesOf(quiet)).toEqual(['created', 'updated', 'updated']);
  expect((await daemon.ask('GET', '/readyz')).body).toMatchObject({ ready: true, degraded: true });

  await daemon.stop();
  await daemon.begin();
  await rename(ofNoisy, noisy, 'again');
  await rename(ofQuiet, quiet, 'again');
  expect(await typesOf(noisy)).toEqual(kept);
  expect(await typesOf(quiet)).toEqual(['created', 'updated', 'updated', 'updated']);

  expect((await daemon.ask('DELETE', `/v1/mappings/${ofNoisy}`, { token: noisy })).status).toBe(204);
  expect(await typesOf(noisy)).toEqual([...kept, 'deleted']);
});
