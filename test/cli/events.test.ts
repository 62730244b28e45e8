/** The event log as operators see it: without a daemon, by a daemon, and as it happens. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Event } from '../../src/pat/mapping/event.ts';
import { TestDaemon } from '../support/daemon.ts';
import { type Shell, testShell, waitUntil } from '../support/executable.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ router: 'neutron' });
});
afterEach(() => world?.remove());

const create = (): string[] => ['pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '--port', '22'];
const typesOf = async (shell: Shell, ...more: string[]): Promise<string> =>
  (await shell.ok('events', '-f', 'value', '-c', 'Event', '-c', 'By', ...more)).trim();

test('without a daemon: nothing, then what was done, also of a mapping that is gone', async () => {
  const shell = testShell();
  try {
    expect(await typesOf(shell)).toBe('');
    const { id } = await shell.json(...create());
    await shell.ok('pat', 'update', id, '--name', 'ssh');
    await shell.ok('pat', 'delete', id);

    expect(await typesOf(shell)).toBe('created operator root\nupdated operator root\ndeleted operator root');
    expect(await typesOf(shell, '--type', 'deleted', '--mapping', id.slice(0, 8))).toBe('deleted operator root');
    expect(await typesOf(shell, '--limit', '1')).toBe('deleted operator root');
    const events = await shell.json<readonly Event[]>('events');
    expect(events.map(({ before }) => before)).toEqual([{}, { name: '' }, {}]);
    expect(events.at(-1)).toMatchObject({ mapping: { id, name: 'ssh', server_ip: '10.20.0.51' } });
  } finally {
    shell.remove();
  }
});

test('by a daemon, as it happens, one whole event in a line, until interrupted', async () => {
  const daemon = await TestDaemon.start();
  try {
    const { shell } = daemon;
    await shell.json(...create());
    const following = shell.start('events', '--follow', '-f', 'json');
    let said = '';
    following.process.stdout?.on('data', (text: string) => {
      said += text;
    });
    await waitUntil(() => said.includes('created'));
    const { id } = await shell.json(...create());
    await shell.ok('pat', 'delete', id);
    await waitUntil(() => said.includes('deleted'));
    following.process.kill('SIGINT');
    expect(await following.ended).toMatchObject({ code: 130, stderr: '' });

    const lines = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(lines.map(({ type }) => type)).toEqual(['created', 'created', 'deleted']);
    expect(lines.every(({ request_id }) => request_id.startsWith('req-'))).toBe(true);
  } finally {
    await daemon.remove();
  }
});

test('follows across a restart of the daemon, and ends when its output is closed', async () => {
  const daemon = await TestDaemon.start();
  try {
    const { shell } = daemon;
    const { id } = await shell.json(...create());
    const following = shell.start('events', '--follow', '-f', 'json');
    const [said, complained] = [textOf(following.process.stdout), textOf(following.process.stderr)];
    await waitUntil(() => said().includes('created'));
    await daemon.stop();
    await waitUntil(() => complained().includes('waiting for the daemon'));
    await daemon.begin();
    await shell.ok('pat', 'delete', id);
    await waitUntil(() => said().includes('deleted'));

    following.process.stdout?.destroy();
    await shell.ok(...create());
    expect(await following.ended).toMatchObject({ code: 0 });
    expect(complained().split('waiting for the daemon')).toHaveLength(2);
  } finally {
    await daemon.remove();
  }
});

test('--retain counts before the key, after SIGHUP too', async () => {
  const daemon = await TestDaemon.start({ settings: ['retain_days = 2'], flags: ['--retain', '1'] });
  try {
    const { shell } = daemon;
    const directory = join(shell.state_dir, 'events');
    const dayAgo = (days: number): string =>
      `${new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)}.jsonl`;
    mkdirSync(directory);
    // Days are counted by their files, and the newest are kept.
    for (const days of [20, 40]) writeFileSync(join(directory, dayAgo(days)), '');
    daemon.signal('SIGHUP');
    await daemon.says('configuration reloaded');
    await shell.ok(...create());

    expect(readdirSync(directory)).toContain(dayAgo(20));
    expect(readdirSync(directory)).not.toContain(dayAgo(40));
    expect(await shell.run('serve', '--retain', '0')).toMatchObject({ code: 2 });
  } finally {
    await daemon.remove();
  }
});

/** What it has printed so far. */
function textOf(stream: Readable | null): () => string {
  let text = '';
  stream?.on('data', (more: string) => {
    text += more;
  });
  return () => text;
}
