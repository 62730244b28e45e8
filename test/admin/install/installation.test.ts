import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { planInstall } from '../../../src/admin/install/installation.ts';
import { MONITOR_AGENT, PAT_AGENT } from '../../../src/admin/install/places.ts';
import { planRemoval } from '../../../src/admin/install/removal.ts';
import type { Step } from '../../../src/admin/install/step.ts';
import { Tree } from '../../../src/admin/install/tree.ts';
import { sampleOf } from '../../support/error-facts.ts';
import { errorOf } from '../../support/fake-node.ts';
import { TestSystem } from './support.ts';

const NORMAL = { starts: true, isPackaged: false };
const CONF = '/usr/local/etc/praas/praas.conf';
let system: TestSystem;

beforeEach(() => {
  system = new TestSystem();
});
afterEach(() => system.remove());

const install = async (version = '1', options = NORMAL): Promise<readonly Step[]> =>
  planInstall(system.parts, system.wanted(version), options);

function put(path: string, text: string): void {
  const there = system.tree.at(path);
  mkdirSync(dirname(there), { recursive: true });
  writeFileSync(there, text);
  chmodSync(there, 0o644);
}

describe('install', () => {
  test('a plan changes nothing', async () => {
    await install();
    expect(system.content()).toEqual({});
  });

  test('places the files, enables and starts the services in their order', async () => {
    await system.run(await install());
    expect(system.content()).toMatchObject({
      '/usr/local/bin/praas': '755 /usr/local/bin/praas of 1\n',
      [CONF]: '600 default of 1\n',
      '/var/lib/praas': '700 ',
    });
    expect(system.services.asked).toEqual(['reload', `restart ${PAT_AGENT}`, `restart ${MONITOR_AGENT}`]);
    expect(system.services.enabled).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('makes the root that it is told, when there is none', async () => {
    const root = system.tree.at('/not/there');
    const parts = { ...system.parts, tree: new Tree(root) };
    await system.run(await planInstall(parts, system.wanted('1'), { starts: false, isPackaged: false }));
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
  ])('undone, what services wrote is left only when it is missed: %p', async (isMissed, left) => {
    system.services.broken.add(MONITOR_AGENT);
    const wanted = system.wanted('1');
    const directories = wanted.directories.map((each) => ({ ...each, isMissed: async () => isMissed }));
    const steps = await planInstall(system.parts, { ...wanted, directories }, NORMAL);
    const start = steps.findIndex(({ title }) => title.startsWith('start'));
    const writes: Step = {
      title: 'work',
      run: async () => {
        put('/var/lib/praas/routers', 'what services wrote');
        chmodSync(system.tree.at('/var/lib/praas/routers'), 0o600);
        return {};
      },
    };
    expect(await errorOf(system.run(steps.toSpliced(start + 1, 0, writes)))).toMatchObject({ code: 'INSTALL_FAILED' });
    expect(system.content()).toEqual(left);
  });

  test('done again, there is nothing to do', async () => {
    await system.run(await install());
    expect(await install()).toEqual([]);
  });

  test('starts what has stopped and nothing else, and not what has nothing to do', async () => {
    await system.run(await install());
    system.services.active.delete(MONITOR_AGENT);
    const starts = (await install()).map(({ title }) => title).filter((title) => title.startsWith('start'));
    expect(starts).toEqual([`start ${MONITOR_AGENT} and wait until it is ready`]);
    system.meant.delete(MONITOR_AGENT);
    expect(await install()).toEqual([]);
  });

  test('does only what is missing', async () => {
    await system.run(await install());
    system.services.active.delete(MONITOR_AGENT);
    await system.tree.remove(`/etc/systemd/system/${MONITOR_AGENT}`);
    const titles = (await install()).map(({ title }) => title);
    expect(titles.filter((title) => title.startsWith('place'))).toEqual([`place /etc/systemd/system/${MONITOR_AGENT}`]);
  });

  test('without a start it places and enables', async () => {
    await system.run(await install('1', { ...NORMAL, starts: false }));
    expect(system.services.asked).toEqual(['reload']);
    expect(system.services.active.size).toBe(0);
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
    system.services.broken.add(service);
    const steps = await install();
    const error = await errorOf(system.run(steps));
    expect(error).toMatchObject({ code: 'INSTALL_FAILED', facts: { left: [] } });
    expect(error.message).toContain('it is broken');
    expect(system.content()).toEqual(before);
    expect([...system.services.active, ...system.services.enabled]).toEqual([]);
  });

  test('when a new version does not become ready, the old files are back and the old services run', async () => {
    await system.run(await install('1'));
    const before = system.content();
    const steps = await install('2');
    system.services.broken.add(MONITOR_AGENT);
    const last = steps.at(-1) as Step;
    const mended: Step = {
      ...last,
      run: () => last.run().finally(() => system.services.broken.clear()),
    };
    await errorOf(system.run([...steps.slice(0, -1), mended]));
    expect(system.content()).toEqual(before);
    expect(system.services.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('an interruption between two steps undoes what was done', async () => {
    const steps = await install();
    const ending = new AbortController();
    const reason = new Error('interrupted');
    const [first, ...others] = steps;
    const third = Math.floor(others.length / 2);
    const asking: Step = { title: 'ask', run: async () => (ending.abort(reason), {}) };
    const work = system.run(
      [...(first ? [first] : []), ...others.slice(0, third), asking, ...others.slice(third)],
      ending.signal,
    );
    await expect(work).rejects.toBe(reason);
    expect(system.content()).toEqual({});
  });

  test('refuses before anything is changed when a tool is missing, and where a package has praas', async () => {
    const missing = { tool: 'conntrack', package: 'conntrack' };
    system.missing = [missing];
    const { message } = sampleOf('TOOL_MISSING', missing);
    expect((await errorOf(system.run(await install()))).message).toContain(message);
    system.missing = [];
    system.owner = 'praas';
    expect((await errorOf(system.run(await install()))).message).toContain('by the package praas');
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
    expect(error.message).toContain('no space left on device');
    expect(system.content()).toEqual({});
  });

  test('a list that cannot be understood is never guessed at', async () => {
    put(system.places.inventory, '{"format": 1, "files"');
    expect(await errorOf(install())).toMatchObject({ code: 'INVENTORY_DAMAGED' });
  });
});

describe('another version in the same places', () => {
  const unit = `/etc/systemd/system/${PAT_AGENT}`;
  beforeEach(() => {
    put(unit, 'their unit\n');
    put(CONF, 'their settings\n');
    system.services.active.add(PAT_AGENT);
  });

  test('its services are stopped, its settings kept, its rules made mappings at the end', async () => {
    const heard = await system.run(await install());
    expect(system.services.asked[0]).toBe(`stop ${PAT_AGENT}`);
    expect(system.content()).toMatchObject({ [CONF]: '644 their settings\n', [unit]: `644 ${unit} of 1\n` });
    expect(heard.lines.at(-1)).toBe('make the rules of the other version mappings (praas pat import)');
    expect(system.commands).toEqual([{ file: '/usr/local/bin/praas', args: ['pat', 'import'] }]);
    expect(await install()).toEqual([]);
  });

  test('rules that cannot be taken over are said, and undo nothing', async () => {
    system.answer = async () => ({ exitCode: 1, stdout: '', stderr: 'two rules stay' });
    const heard = await system.run(await install());
    expect(heard.lines.at(-1)).toContain('two rules stay');
    expect(system.services.active).toContain(PAT_AGENT);
  });

  test('it runs again when the installation fails', async () => {
    const before = system.content();
    const steps = await install();
    await errorOf(system.run([...steps.slice(0, -2), { title: 'fail', run: () => Promise.reject(new Error('no')) }]));
    expect(system.content()).toEqual(before);
    expect(system.services.asked.at(-1)).toBe(`restart ${PAT_AGENT}`);
  });

  test('its files are back after an uninstall', async () => {
    const before = system.content();
    await system.run(await install());
    await system.run(await planRemoval(system.parts, { withdraw: undefined, purged: [] }));
    expect(system.content()).toMatchObject(before);
  });

  test('a package moves units away that would hide its own, and puts them back', async () => {
    const packaged = { starts: true, isPackaged: true };
    const wanted = system.wanted('1', { files: [], empty: [unit] });
    await system.run(await planInstall(system.parts, wanted, packaged));
    expect(await system.tree.exists(unit)).toBe(false);
    await system.run(await planRemoval(system.parts, { withdraw: undefined, purged: [] }));
    expect(await system.tree.read(unit)).toBe('their unit\n');
  });
});

describe('uninstall', () => {
  const nothing = { withdraw: undefined, purged: [] };

  test('with everything of it, nothing is left that was not there before', async () => {
    put('/usr/local/bin/other', 'theirs\n');
    const before = system.content();
    await system.run(await install());
    await system.tree.write('/var/lib/praas/record', { text: 'state' }, 0o600);
    const purged = ['/usr/local/etc/praas', '/var/lib/praas'];
    await system.run(await planRemoval(system.parts, { withdraw: undefined, purged }));
    expect(system.content()).toEqual(before);
    expect([...system.services.active, ...system.services.enabled]).toEqual([]);
    expect(await planRemoval(system.parts, { withdraw: undefined, purged })).toEqual([]);
  });

  test('keeps settings and state, and a later purge finds them', async () => {
    await system.run(await install());
    await system.tree.write('/var/lib/praas/record', { text: 'state' }, 0o600);
    await system.run(await planRemoval(system.parts, nothing));
    expect(system.content()).toMatchObject({ [CONF]: '600 default of 1\n', '/var/lib/praas': '700 ' });
    expect(await planRemoval(system.parts, nothing)).toEqual([]);
    await system.run(await planRemoval(system.parts, { ...nothing, purged: ['/var/lib/praas'] }));
    expect(await system.tree.exists('/var/lib/praas')).toBe(false);
  });

  test('takes the rules after the services are stopped; when that fails everything is as before', async () => {
    await system.run(await install());
    const before = system.content();
    const withdraw = async (): Promise<number> => {
      expect(system.services.active.size).toBe(0);
      throw new Error('the kernel says no');
    };
    const error = await errorOf(system.run(await planRemoval(system.parts, { withdraw, purged: ['/var/lib/praas'] })));
    expect(error.message).toContain('the kernel says no');
    expect(system.content()).toEqual(before);
    expect(system.services.active).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
    expect(system.services.enabled).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
  });

  test('a directory that praas shares with others is left', async () => {
    put('/srv/shared/theirs', 'x');
    const heard = await system.run(await planRemoval(system.parts, { withdraw: undefined, purged: ['/srv/shared'] }));
    expect(heard.lines).toEqual([expect.stringContaining('remove by hand')]);
    expect(await system.tree.exists('/srv/shared/theirs')).toBe(true);
  });
});

describe('a package', () => {
  const packaged = { starts: true, isPackaged: true };
  const configure = async (): Promise<readonly Step[]> =>
    planInstall(system.parts, system.wanted('1', { files: [] }), packaged);

  test('enables and starts its services once; one that was disabled since stays so', async () => {
    await system.run(await configure());
    expect(system.services.enabled).toEqual(new Set([PAT_AGENT, MONITOR_AGENT]));
    await system.services.disable([MONITOR_AGENT]);
    await system.services.stop([MONITOR_AGENT]);
    system.services.asked.length = 0;
    await system.run(await configure());
    expect(system.services.asked).toEqual(['reload', `restart ${PAT_AGENT}`]);
    expect(system.services.enabled).toEqual(new Set([PAT_AGENT]));
  });
});
