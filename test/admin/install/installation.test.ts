import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { planInstall } from '../../../src/admin/install/installation.ts';
import { MONITOR_AGENT, PAT_AGENT } from '../../../src/admin/install/paths.ts';
import { planRemoval } from '../../../src/admin/install/removal.ts';
import type { Step } from '../../../src/admin/install/step.ts';
import { Tree } from '../../../src/admin/install/tree.ts';
import { errorOf } from '../../support/fake-node.ts';
import { TestSystem } from './support.ts';

const DEFAULTS = { isStartRequested: true, isPackaged: false };
const PACKAGED = { isStartRequested: true, isPackaged: true };
const CONF = '/usr/local/etc/praas/praas.conf';
let system: TestSystem;

beforeEach(() => {
  system = new TestSystem();
});
afterEach(() => system.remove());

const install = async (version = '1', options = DEFAULTS): Promise<readonly Step[]> =>
  planInstall(system.parts, system.desired(version), options);

/** What the first step that failed has thrown. */
async function causeOf(steps: readonly Step[]): Promise<unknown> {
  return (await errorOf(system.run(steps))).cause;
}

function put(path: string, text: string): void {
  const fullPath = system.tree.at(path);
  mkdirSync(dirname(fullPath), { recursive: true });
  writeFileSync(fullPath, text);
  chmodSync(fullPath, 0o644);
}

describe('install', () => {
  test('a plan changes nothing', async () => {
    await install();
    expect(system.content()).toEqual({});
  });

  test('installs the files, enables the services and starts them in their order', async () => {
    await system.run(await install());
    expect(system.content()).toMatchObject({
      '/usr/local/bin/praas': '755 /usr/local/bin/praas of 1\n',
      [CONF]: '600 default of 1\n',
      '/var/lib/praas': '700 ',
    });
    expect(system.systemd.requests).toEqual(['reload', `restart ${PAT_AGENT}`, `restart ${MONITOR_AGENT}`]);
    expect(system.systemd.enabled).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('creates the directory of the system when there is none', async () => {
    const root = system.tree.at('/not/there');
    const parts = { ...system.parts, tree: new Tree(root) };
    await system.run(await planInstall(parts, system.desired('1'), { ...DEFAULTS, isStartRequested: false }));
    expect(await parts.tree.exists('/usr/local/bin/praas')).toBe(true);
  });

  test.each([
    [false, {}],
    [
      true,
      {
        '/var': '755 ',
        '/var/lib': '755 ',
        '/var/lib/praas': '700 ',
        '/var/lib/praas/routers': '600 what services wrote',
      },
    ],
  ])('undone, it leaves what services wrote only when that is worth keeping: %p', async (isWorthKeeping, left) => {
    system.systemd.broken.add(MONITOR_AGENT);
    const desired = system.desired('1');
    const directories = desired.directories.map((each) => ({ ...each, isWorthKeeping: async () => isWorthKeeping }));
    const steps = await planInstall(system.parts, { ...desired, directories }, DEFAULTS);
    const writes: Step = {
      title: 'work',
      run: async () => {
        put('/var/lib/praas/routers', 'what services wrote');
        chmodSync(system.tree.at('/var/lib/praas/routers'), 0o600);
        return {};
      },
    };
    // The last two steps start the services, of which the second fails.
    expect(await errorOf(system.run(steps.toSpliced(-1, 0, writes)))).toMatchObject({ code: 'INSTALL_FAILED' });
    expect(system.content()).toEqual(left);
  });

  test('a second installation has no steps', async () => {
    await system.run(await install());
    expect(await install()).toEqual([]);
  });

  test('starts only a service that has stopped, and not one whose conditions are not met', async () => {
    await system.run(await install());
    system.systemd.active.delete(MONITOR_AGENT);
    system.systemd.requests.length = 0;
    system.meantToRun.delete(MONITOR_AGENT);
    expect(await install()).toEqual([]);
    system.meantToRun.add(MONITOR_AGENT);
    await system.run(await install());
    expect(system.systemd.requests).toEqual([`restart ${MONITOR_AGENT}`]);
  });

  test('installs only the file that is missing, and then starts the services', async () => {
    await system.run(await install());
    const before = system.content();
    const unit = `/etc/systemd/system/${MONITOR_AGENT}`;
    await system.tree.remove(unit);
    const written: string[] = [];
    const { write } = system.tree;
    system.tree.write = async (path, ...others) => {
      written.push(path);
      return write.call(system.tree, path, ...others);
    };
    await system.run(await install());
    expect(written).toEqual([unit]);
    expect(system.content()).toEqual(before);
    expect(system.systemd.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('without a start it installs and enables', async () => {
    await system.run(await install('1', { ...DEFAULTS, isStartRequested: false }));
    expect(system.systemd.requests).toEqual(['reload']);
    expect(system.systemd.active.size).toBe(0);
  });

  test('a settings file is never overwritten; a new default goes beside it, once', async () => {
    await system.run(await install());
    put(CONF, 'mine\n');
    expect(await install()).toEqual([]);
    await system.run(await install('2'));
    expect(system.content()).toMatchObject({ [CONF]: '644 mine\n', [`${CONF}.new`]: '600 default of 2\n' });
    await system.tree.remove(`${CONF}.new`);
    expect(await install('2')).toEqual([]);
  });

  test.each([PAT_AGENT, MONITOR_AGENT])('when %s does not become ready, everything is undone', async (service) => {
    const before = system.content();
    system.systemd.broken.add(service);
    const steps = await install();
    const error = await errorOf(system.run(steps));
    expect(error).toMatchObject({ code: 'INSTALL_FAILED', facts: { left: [] }, cause: { code: 'SERVICE_NOT_READY' } });
    expect(system.content()).toEqual(before);
    expect([...system.systemd.active, ...system.systemd.enabled]).toEqual([]);
  });

  test('when a new version does not become ready, the old files are back and the old services run', async () => {
    await system.run(await install('1'));
    const before = system.content();
    const steps = await install('2');
    system.systemd.broken.add(MONITOR_AGENT);
    const last = steps.at(-1) as Step;
    const failing: Step = { ...last, run: () => last.run().finally(() => system.systemd.broken.clear()) };
    await errorOf(system.run([...steps.slice(0, -1), failing]));
    expect(system.content()).toEqual(before);
    expect(system.systemd.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('an interruption between two steps undoes what was done', async () => {
    const steps = await install();
    const interruption = new AbortController();
    const reason = new Error('interrupted');
    const [first, ...others] = steps;
    const third = Math.floor(others.length / 2);
    const interrupting: Step = { title: 'interrupt', run: async () => (interruption.abort(reason), {}) };
    const work = system.run(
      [...(first ? [first] : []), ...others.slice(0, third), interrupting, ...others.slice(third)],
      interruption.signal,
    );
    await expect(work).rejects.toBe(reason);
    expect(system.content()).toEqual({});
  });

  test('fails before anything is changed when a tool is missing, and where a package has installed praas', async () => {
    system.missingTools = [{ tool: 'conntrack', package: 'conntrack' }];
    expect(await causeOf(await install())).toMatchObject({ code: 'TOOL_MISSING', facts: { tool: 'conntrack' } });
    system.missingTools = [];
    system.owner = 'praas';
    expect(await causeOf(await install())).toMatchObject({ code: 'INSTALLED_BY_PACKAGE', facts: { package: 'praas' } });
    expect(system.content()).toEqual({});
  });

  test('a disk that is full in the middle leaves nothing behind', async () => {
    const full = Object.assign(new Error('no'), { errno: -28, code: 'ENOSPC' });
    const { write } = system.tree;
    system.tree.write = async (path, ...others) => {
      if (path.endsWith(MONITOR_AGENT)) throw full;
      return write.call(system.tree, path, ...others);
    };
    const error = await errorOf(system.run(await install()));
    expect(error).toMatchObject({
      code: 'INSTALL_FAILED',
      facts: { reason: expect.stringContaining('no space left on device') },
    });
    expect(system.content()).toEqual({});
  });

  test('an inventory that is damaged is an error', async () => {
    put(system.paths.inventory, '{"format": 1, "files"');
    expect(await errorOf(install())).toMatchObject({ code: 'INVENTORY_DAMAGED' });
  });
});

describe('the Python version in the same places', () => {
  const unit = `/etc/systemd/system/${PAT_AGENT}`;
  beforeEach(() => {
    put(unit, 'their unit\n');
    put(CONF, 'their settings\n');
    system.systemd.active.add(PAT_AGENT);
  });

  test('its services are stopped, its settings kept, and its rules imported at the end', async () => {
    await system.run(await install());
    expect(system.systemd.requests[0]).toBe(`stop ${PAT_AGENT}`);
    expect(system.content()).toMatchObject({ [CONF]: '644 their settings\n', [unit]: `644 ${unit} of 1\n` });
    expect(system.commands).toEqual([{ file: '/usr/local/bin/praas', args: ['pat', 'import'] }]);
    expect(await install()).toEqual([]);
  });

  test('rules that cannot be imported are reported, and undo nothing', async () => {
    system.answer = async () => ({ exitCode: 1, stdout: '', stderr: 'two rules stay' });
    const lines = await system.run(await install());
    expect(lines.at(-1)).toContain('two rules stay');
    expect(system.systemd.active).toContain(PAT_AGENT);
  });

  test('it runs again when the installation fails', async () => {
    const before = system.content();
    const steps = await install();
    await errorOf(system.run([...steps.slice(0, -2), { title: 'fail', run: () => Promise.reject(new Error('no')) }]));
    expect(system.content()).toEqual(before);
    expect(system.systemd.requests.at(-1)).toBe(`restart ${PAT_AGENT}`);
  });

  test('its files are back after an uninstall', async () => {
    const before = system.content();
    await system.run(await install());
    await system.run(await planRemoval(system.parts, { removeRules: undefined, purged: [] }));
    expect(system.content()).toMatchObject(before);
  });

  test('a package moves units away that would override its own, and restores them', async () => {
    const desired = system.desired('1', { files: [], absent: [unit] });
    await system.run(await planInstall(system.parts, desired, PACKAGED));
    expect(await system.tree.exists(unit)).toBe(false);
    await system.run(await planRemoval(system.parts, { removeRules: undefined, purged: [] }));
    expect(await system.tree.read(unit)).toBe('their unit\n');
  });
});

describe('uninstall', () => {
  const MINIMUM = { removeRules: undefined, purged: [] };

  test('with a purge, the system is as before the installation', async () => {
    put('/usr/local/bin/other', 'theirs\n');
    const before = system.content();
    await system.run(await install());
    await system.tree.write('/var/lib/praas/record', { text: 'state' }, 0o600);
    const purged = ['/usr/local/etc/praas', '/var/lib/praas'];
    await system.run(await planRemoval(system.parts, { removeRules: undefined, purged }));
    expect(system.content()).toEqual(before);
    expect([...system.systemd.active, ...system.systemd.enabled]).toEqual([]);
    expect(await planRemoval(system.parts, { removeRules: undefined, purged })).toEqual([]);
  });

  test('keeps settings and state, and a later purge finds them', async () => {
    await system.run(await install());
    await system.tree.write('/var/lib/praas/record', { text: 'state' }, 0o600);
    await system.run(await planRemoval(system.parts, MINIMUM));
    expect(system.content()).toMatchObject({ [CONF]: '600 default of 1\n', '/var/lib/praas': '700 ' });
    expect(await planRemoval(system.parts, MINIMUM)).toEqual([]);
    await system.run(await planRemoval(system.parts, { ...MINIMUM, purged: ['/var/lib/praas'] }));
    expect(await system.tree.exists('/var/lib/praas')).toBe(false);
  });

  test('removes the rules after the services are stopped; when that fails everything is restored', async () => {
    await system.run(await install());
    const before = system.content();
    const removeRules = async (): Promise<number> => {
      expect(system.systemd.active.size).toBe(0);
      throw new Error('the kernel refuses');
    };
    const error = await errorOf(
      system.run(await planRemoval(system.parts, { removeRules, purged: ['/var/lib/praas'] })),
    );
    expect(error).toMatchObject({ code: 'INSTALL_FAILED', facts: { reason: 'the kernel refuses' } });
    expect(system.content()).toEqual(before);
    expect(system.systemd.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
    expect(system.systemd.enabled).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('a directory that praas may share with others is kept', async () => {
    put('/srv/shared/theirs', 'x');
    const lines = await system.run(await planRemoval(system.parts, { ...MINIMUM, purged: ['/srv/shared'] }));
    expect(lines).toEqual([expect.stringContaining('/srv/shared')]);
    expect(await system.tree.exists('/srv/shared/theirs')).toBe(true);
  });
});

describe('a package', () => {
  const configure = async (): Promise<readonly Step[]> =>
    planInstall(system.parts, system.desired('1', { files: [] }), PACKAGED);

  test('enables and starts its services once; one that was disabled since stays so', async () => {
    await system.run(await configure());
    expect(system.systemd.enabled).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
    await system.systemd.disable([MONITOR_AGENT]);
    await system.systemd.stop([MONITOR_AGENT]);
    system.systemd.requests.length = 0;
    await system.run(await configure());
    expect(system.systemd.requests).toEqual(['reload', `restart ${PAT_AGENT}`]);
    expect(system.systemd.enabled).toEqual(new Set([PAT_AGENT]));
  });
});
