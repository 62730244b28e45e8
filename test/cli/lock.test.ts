// Two praas at once: one writes, the other waits and then works. A praas that was killed blocks no other, and what it
// left half done is finished by the next.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { printedError } from '../support/error-facts.ts';
import { type Shell, testShell, withSlowRestore } from '../support/executable.ts';
import { expectKernelEqualsStore } from '../support/kernel-view.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let world: TestWorld;
let shell: Shell;

beforeAll(async () => {
  world = await testWorld({ router: 'neutron' });
});
beforeEach(async () => {
  shell = testShell();
  await shell.ok(...create());
});
afterEach(async () => {
  await shell.ok('pat', 'delete', '--router', world.router_id, '--all', '--yes');
  shell.remove();
});
afterAll(() => world?.remove());

const create = (...more: string[]): string[] => [
  'pat',
  'create',
  '-r',
  world.router_id,
  '--server-ip',
  '10.20.0.51',
  '-p',
  '80',
  ...more,
];

describe('while another praas writes', () => {
  test('a change waits and then works', async () => {
    const slow = withSlowRestore(shell, 1);
    const first = slow.start(...create('--json'));
    await slow.begun();
    const second: Mapping = await shell.json(...create());
    const { code, stdout } = await first.ended;
    expect(code).toBe(0);
    expect(second.router_port).toBe((JSON.parse(stdout) as Mapping).router_port + 1);
    expect(await expectKernelEqualsStore(shell, world, 'iptables')).toHaveLength(3);
  });

  test('reading does not wait: it shows what is stored', async () => {
    const slow = withSlowRestore(shell, 1);
    const first = slow.start(...create());
    await slow.begun();
    const impatient = shell.with({ env: { PRAAS_LOCK_TIMEOUT_SECONDS: '1' } });
    expect((await impatient.json<Mapping[]>('pat', 'list')).map(({ status }) => status)).toEqual(['ACTIVE', 'PENDING']);
    await first.ended;
  });

  test('a process that waits too long gets the holder of the lock, and changes nothing', async () => {
    const slow = withSlowRestore(shell, 4);
    const first = slow.start(...create());
    await slow.begun();
    const refused = await shell.with({ env: { PRAAS_LOCK_TIMEOUT_SECONDS: '1' } }).run(...create());
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      new RegExp(
        `^${printedError('STORE_LOCKED', {
          path: `${shell.state_dir}/lock`,
          holder: `\`praas pat create\` \\(process ${first.process.pid}, since [\\d:TZ.-]+\\)`,
          seconds: 1,
        })}$`,
      ),
    );
    expect((await first.ended).code).toBe(0);
    expect(await expectKernelEqualsStore(shell, world, 'iptables')).toHaveLength(2);
  });
});

describe('a praas killed in the middle of a change', () => {
  test('blocks no other process, and the program that it was running does not change the kernel afterwards', async () => {
    const slow = withSlowRestore(shell, 1);
    const killed = slow.start(...create());
    await slow.begun();
    killed.process.kill('SIGKILL');
    expect((await killed.ended).code).toBe(137);

    const impatient = shell.with({ env: { PRAAS_LOCK_TIMEOUT_SECONDS: '1' } });
    await impatient.ok(...create());
    expect(await expectKernelEqualsStore(shell, world, 'iptables')).toHaveLength(3);
    // By now the killed one's iptables-restore would have come to it.
    const later = withSlowRestore(shell, 1);
    await later.ok(...create());
    expect(await expectKernelEqualsStore(shell, world, 'iptables')).toHaveLength(4);
    expect(await shell.json('router', 'sync', world.router_id)).toMatchObject({ added: 0, removed: 0 });
  });
});
