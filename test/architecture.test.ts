/**
 * The rules of the house, read from the imports of src. A failure names the arrow, why it is not allowed and where to change
 * the rule. Who really needs a new arrow changes RULES below and docs/architecture.md together.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type Import, readSourceTree, type SourceFile, sourceFile } from './support/source-tree.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const CHANGE = 'If it must be, change RULES in test/architecture.test.ts and the picture in docs/architecture.md.';

interface Rule {
  /** What the room may import of ours: rooms (`pat`) or single files (`system/clock.ts`). Itself always. */
  readonly ours: readonly string[];
  /** Of which it may import no more than types. */
  readonly types?: readonly string[];
  /** Which packages it may import; `node` stands for everything that begins with `node:`. */
  readonly packages: readonly string[];
  /** Why everything else is not for this room. */
  readonly why: string;
}

/** Rooms and files of one product, as paths below src. */
const of = (product: string, ...names: readonly string[]): string[] => names.map((name) => `${product}/${name}`);

/** By room: a folder, or a file that lies in src itself. The longest name that fits a file is its room. */
const RULES: Readonly<Record<string, Rule>> = {
  core: {
    ours: [],
    packages: ['zod', 'node:util'],
    why: 'every product stands on core, so it stands on nothing: pure values, errors, identity, queues',
  },
  'core/settings': {
    ours: ['core'],
    packages: ['node:net'],
    why: 'every start reads the tables of keys, so they load nothing that takes time (zod alone takes longer than all of it)',
  },
  pat: {
    ours: ['core'],
    packages: [],
    why: 'the catalogue and the actions of the product, which all of its rooms may use, and its keys of praas.conf',
  },
  ...productRooms('pat', {
    mapping: [],
    router: ['mapping'],
    plan: ['mapping', 'router'],
    interfaces: ['mapping', 'router', 'plan'],
    target: ['interfaces', 'mapping', 'router'],
    change: ['interfaces', 'mapping', 'router', 'plan'],
    quota: ['interfaces', 'mapping'],
    import: ['change', 'mapping', 'router', 'plan'],
    check: ['interfaces', 'mapping', 'router', 'target'],
    reconcile: ['change', 'interfaces', 'mapping', 'router', 'plan'],
    follow: ['change', 'interfaces', 'mapping', 'target'],
    services: ['change', 'check', 'follow', 'import', 'interfaces', 'mapping', 'router', 'plan', 'quota', 'target'],
    client: ['change', 'check', 'follow', 'import', 'interfaces', 'mapping', 'router', 'plan', 'quota', 'services'],
  }),
  netfilter: {
    ours: [
      'core',
      ...of('pat', 'errors.ts', 'mapping', 'router'),
      ...of('system', 'directory-names.ts', 'path-exists.ts', 'temp-file.ts', 'tool-errors.ts'),
    ],
    types: [...of('pat', 'interfaces', 'plan'), ...of('system', 'exec.ts', 'follow.ts')],
    packages: ['node'],
    why: 'an adapter knows the product that it serves and the machine, never another adapter: only compose/ joins them',
  },
  openstack: {
    ours: ['core', 'pat/interfaces', 'system/http'],
    packages: ['node', 'amqplib', 'js-yaml', 'zod'],
    why: 'an adapter knows what it has to give and the cloud, never another adapter: only compose/ joins them',
  },
  'store/files': {
    ours: ['core', ...of('system', 'disk.ts', 'flock.ts', 'regular-file.ts')],
    types: ['system/exec.ts'],
    packages: ['node', 'zod'],
    why: 'files that survive a crash are the same for every product',
  },
  'store/files/pat': {
    ours: [
      'core',
      ...of('pat', 'errors.ts', 'interfaces', 'mapping', 'quota'),
      'store/files',
      ...of('system', 'directory-names.ts', 'disk.ts', 'regular-file.ts'),
    ],
    types: ['system/exec.ts'],
    packages: ['node', 'lowdb', 'zod'],
    why: 'an adapter knows the product that it serves and the machine, never another adapter: only compose/ joins them',
  },
  'server/http': {
    ours: ['core', 'system/regular-file.ts'],
    types: ['system/request-context.ts'],
    packages: ['node', 'express', 'helmet', 'js-yaml', 'prom-client', 'rate-limiter-flexible', 'zod', 'zod-openapi'],
    why: 'what every API has in common knows no product: each brings its own from its folder',
  },
  'server/pat': {
    ours: [
      'core',
      ...of('pat', 'actions.ts', 'errors.ts', 'check', 'follow', 'import', 'mapping', 'quota', 'router'),
      'server/http',
    ],
    types: of('pat', 'change', 'interfaces', 'services'),
    packages: ['prom-client', 'zod'],
    why: 'an API parses, asks its product and answers; where things are kept it does not know',
  },
  'server/legacy': {
    ours: ['core', ...of('pat', 'errors.ts', 'mapping', 'router'), 'server/http'],
    types: of('pat', 'services'),
    packages: ['node', 'express', 'zod'],
    why: 'the old routes parse, ask the product and answer in their own form',
  },
  system: {
    ours: ['core'],
    packages: ['node', 'execa', 'winston'],
    why: 'the door to the machine knows no product',
  },
  'system/config': {
    ours: ['core'],
    packages: ['node'],
    why: 'every start reads the configuration, so it knows no product and loads nothing that takes time (zod alone takes longer than all of it)',
  },
  'system/http': {
    ours: ['core'],
    packages: ['node'],
    why: 'requests are carried the same way for every product',
  },
  admin: {
    ours: ['core'],
    packages: [],
    why: 'the catalogue of the administrator’s tools',
  },
  'admin/install': {
    ours: ['core', 'admin/errors.ts', ...of('system', 'disk.ts', 'path-exists.ts', 'tool-errors.ts')],
    types: ['system/exec.ts'],
    packages: ['node', 'zod'],
    why: 'the installer places files and speaks to systemd; what praas does with mappings it is given as functions',
  },
  'admin/doctor': {
    ours: ['core'],
    types: [...of('pat', 'interfaces', 'router'), 'system/exec.ts'],
    packages: ['node'],
    why: 'the doctor judges what it is shown; what a node is made of, compose/ shows it',
  },
  'admin/demo': {
    ours: ['core', 'admin/errors.ts', ...of('system', 'flock.ts', 'tool-errors.ts')],
    types: ['system/exec.ts'],
    packages: ['node'],
    why: 'the demonstration uses praas as people do, by its command line, so that it shows what they will get',
  },
  'commands/output': {
    ours: ['core'],
    types: ['admin/doctor'],
    packages: ['node', 'csv-stringify', 'js-yaml', 'listr2', 'ms', 'string-width', 'wrap-ansi'],
    why: 'output turns values into text and back; it decides nothing and changes nothing',
  },
  commands: {
    ours: [
      'core',
      'commands/output',
      'compose',
      ...of('pat', 'settings.ts', 'check', 'follow', 'mapping', 'quota', 'router', 'services'),
      'system/clock.ts',
    ],
    types: ['admin/doctor', ...of('pat', 'change', 'import', 'interfaces', 'plan')],
    packages: ['node', '@oclif/core'],
    why: 'a command parses, makes one call and prints; stores and kernels are reached through what compose/ gives',
  },
  compose: {
    ours: ['core', 'admin', 'netfilter', 'openstack', 'pat', 'server', 'store', 'system'],
    packages: ['node'],
    why: 'it joins the adapters and does nothing else',
  },
  thin: {
    ours: [
      'core',
      ...of('commands', 'output', 'pat/event-columns.ts', 'pat/mapping-columns.ts', 'router/router-columns.ts'),
      'compose/config.ts',
      'pat/router/view.ts',
    ],
    packages: ['node'],
    why: 'short commands wait for all that it loads, so it loads neither oclif nor zod',
  },
  'main.ts': { ours: ['commands'], packages: ['@oclif/core'], why: 'it starts oclif; no logic' },
  'sea.ts': {
    ours: ['main.ts', '../oclif.manifest.json', '../package.json'],
    packages: ['node'],
    why: 'it is where the executable begins; no logic',
  },
};

/** The rooms of a product: each with those of its neighbours that it may import, beside core and the product's own top. */
function productRooms(product: string, rooms: Readonly<Record<string, readonly string[]>>): Record<string, Rule> {
  const why =
    'a product is pure: it can be read, tested and trusted without a kernel, a disk or a cloud; it says what it needs in its interfaces/';
  return Object.fromEntries(
    Object.entries(rooms).map(([name, neighbours]) => [
      `${product}/${name}`,
      {
        ours: [
          'core',
          `${product}/errors.ts`,
          `${product}/actions.ts`,
          ...neighbours.map((each) => `${product}/${each}`),
        ],
        packages: ['zod'],
        why,
      },
    ]),
  );
}

/** Arrows that single files may have beyond their room's, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'commands/demo.ts': {
    'admin/demo': 'the demonstration is a tool of admin that no product composes',
    'system/exec.ts': 'the demonstration builds namespaces, and no part of the composed praas does',
    'system/program-environment.ts': 'the demonstration starts programs itself',
    'system/interruption.ts': 'the demonstration is interrupted like any other work',
    'system/tool-errors.ts': 'the demonstration needs programs that the composed praas does not',
  },
  'commands/demo/peer.ts': { 'admin/demo': 'a process of the demonstration, which it starts by this command' },
};

/** Packages with one door each. */
const DOORS: Readonly<Record<string, { readonly door: RegExp; readonly why: string }>> = {
  execa: { door: /^system\/exec\.ts$/, why: 'one place sees to argv only, timeouts and LC_ALL=C' },
  'node:child_process': { door: /^system\/exec\.ts$/, why: 'one place sees to argv only, timeouts and LC_ALL=C' },
  childProcess: { door: /^system\/exec\.ts$/, why: 'one place sees to argv only, timeouts and LC_ALL=C' },
  lowdb: { door: /^store\/files\//, why: 'its own file adapter is not durable: only the store may use it' },
  express: { door: /^server\//, why: 'only the API speaks HTTP to callers' },
  winston: { door: /^system\/log\.ts$/, why: 'all others are given a Logger' },
};

/** The rooms inside of a product: a product has rules made by productRooms, and a catalogue. */
const PRODUCTS = ['pat'];
const PRODUCT_ROOM = new RegExp(`^(?:${PRODUCTS.join('|')})/`);
const covers = (allowed: string, target: string): boolean => target === allowed || target.startsWith(`${allowed}/`);
const FILES = readSourceTree(SRC);
const ROOM_NAMES = Object.keys(RULES).toSorted((a, b) => b.length - a.length);
/** The longest room that the file lies in; its first folder where there is none. */
const roomOf = (path: string): string => ROOM_NAMES.find((room) => covers(room, path)) ?? path.split('/')[0] ?? path;
const ROOMS = [...new Set(FILES.map(({ path }) => roomOf(path)))];
const FOLDERS = ROOMS.filter((room) => !room.endsWith('.ts'));

const packageCovers = (allowed: string, target: string): boolean =>
  allowed === 'node' ? target.startsWith('node:') : covers(allowed, target);

/** What is wrong with one import, as a sentence; undefined when it is allowed. */
function complaint({ path }: SourceFile, { target, isOurs, isType }: Import): string | undefined {
  const room = roomOf(path);
  const rule = RULES[room];
  if (rule === undefined) return `src/${path}: the room ${room} has no rule. ${CHANGE}`;
  const arrow = `src/${path} imports ${isOurs ? 'src/' : ''}${target}`;
  if (!isOurs) {
    const door = Object.entries(DOORS).find(([name]) => covers(name, target))?.[1];
    if (door !== undefined && !door.door.test(path)) return `${arrow}: ${door.why}. ${CHANGE}`;
    return rule.packages.some((name) => packageCovers(name, target)) ? undefined : `${arrow}: ${rule.why}. ${CHANGE}`;
  }
  const allowed = [...rule.ours, ...((isType && rule.types) || []), ...Object.keys(EXCEPTIONS[path] ?? {})];
  return roomOf(target) === room || allowed.some((name) => covers(name, target))
    ? undefined
    : `${arrow}: ${rule.why}. ${CHANGE}`;
}

/** What the rule of a room allows and no file of it imports; the top of a product is for all of its rooms. */
function unusedIn(room: string): string[] {
  const rule = RULES[room];
  if (rule === undefined) return [];
  const { ours, types = [], packages } = rule;
  const imports = FILES.filter(({ path }) => roomOf(path) === room).flatMap((file) => file.imports);
  const isUsed = (allowed: string): boolean =>
    imports.some(({ target, isOurs }) => (isOurs ? covers(allowed, target) : packageCovers(allowed, target)));
  const isCommon = (allowed: string): boolean => /^core$|^[a-z]+\/(?:errors|actions)\.ts$/.test(allowed);
  const isForProducts = (allowed: string): boolean => PRODUCT_ROOM.test(room) && allowed === 'zod';
  return [...ours, ...types, ...packages]
    .filter((allowed) => !isUsed(allowed) && !isCommon(allowed) && !isForProducts(allowed))
    .map((allowed) => `${room} does not use ${allowed}`);
}

const complaints = (files: readonly SourceFile[]): string[] =>
  files.flatMap((file) => file.imports.flatMap((each) => complaint(file, each) ?? []));

describe('imports', () => {
  test('there are only arrows that the house allows', () => {
    expect(complaints(FILES)).toEqual([]);
  });

  test('every file that is imported is there', () => {
    const missing = FILES.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isOurs }) => isOurs && !existsSync(`${SRC}${target}`))
        .map(({ target }) => `${path} imports ${target}`),
    );

    expect(missing).toEqual([]);
  });

  test('no rule outlives its room, and no exception its arrow', () => {
    expect(Object.keys(RULES).toSorted()).toEqual(ROOMS.toSorted());
    for (const [path, arrows] of Object.entries(EXCEPTIONS)) {
      const targets = FILES.find((file) => file.path === path)?.imports.map(({ target }) => target) ?? [];
      const unused = Object.keys(arrows).filter((name) => !targets.some((target) => covers(name, target)));
      expect({ path, unused }).toEqual({ path, unused: [] });
    }
  });

  test('no rule allows more than is used, so that a new arrow is seen', () => {
    expect(ROOMS.flatMap(unusedIn)).toEqual([]);
  });

  test.each([
    ['pat/change/x.ts', "import { readFile } from 'node:fs/promises';", 'imports node:fs/promises: a product is pure'],
    [
      'pat/change/x.ts',
      "import type { Agent } from '../reconcile/agent.ts';",
      'imports src/pat/reconcile/agent.ts: a product',
    ],
    [
      'pat/reconcile/x.ts',
      "import { createExec } from '../../system/exec.ts';",
      'imports src/system/exec.ts: a product is pure',
    ],
    [
      'core/x.ts',
      "import { isUuid } from '../pat/router/facts.ts';",
      'src/core/x.ts imports src/pat/router/facts.ts: every product',
    ],
    [
      'server/http/x.ts',
      "import type { Mapping } from '../../pat/mapping/mapping.ts';",
      'imports src/pat/mapping/mapping.ts: what every API',
    ],
    [
      'store/files/x.ts',
      "import type { Mapping } from '../../pat/mapping/mapping.ts';",
      'imports src/pat/mapping/mapping.ts: files that',
    ],
    [
      'netfilter/iptables/x.ts',
      "import {\n  a,\n  b,\n} from '../../store/files/x.ts';",
      'imports src/store/files/x.ts: an adapter knows',
    ],
    [
      'store/files/pat/x.ts',
      "import * as x from '../../../netfilter/facts.ts';",
      'imports src/netfilter/facts.ts: an adapter',
    ],
    ['system/config/x.ts', "import * as z from 'zod';", 'src/system/config/x.ts imports zod: every start'],
    ['core/settings/x.ts', "import * as z from 'zod';", 'src/core/settings/x.ts imports zod: every start'],
    [
      'system/config/x.ts',
      "import { PAT_KEYS } from '../../pat/settings.ts';",
      'src/system/config/x.ts imports src/pat/settings.ts: every start',
    ],
    [
      'commands/pat/x.ts',
      "const x = await import('../../store/files/pat/file-store.ts');",
      'imports src/store/files/pat/file-store.ts: a command',
    ],
    ['commands/x.ts', "import '../system/log.ts';", 'src/commands/x.ts imports src/system/log.ts: a command'],
    ['commands/x.ts', "import { Low } from 'lowdb';", 'src/commands/x.ts imports lowdb: its own file adapter'],
    ['system/clock.ts', "import { execa } from 'execa';", 'src/system/clock.ts imports execa: one place sees to argv'],
    ['admin/demo/x.ts', "import { spawn } from 'node:child_process';", 'imports node:child_process: one place'],
    ['store/files/x.ts', "export { createLogger } from 'winston';", 'imports winston: all others are given'],
    [
      'commands/output/x.ts',
      "import type { Config } from '../../system/config/config.ts';",
      'imports src/system/config/config.ts: output turns',
    ],
    ['newroom/x.ts', "import { praasError } from '../pat/errors.ts';", 'the room newroom has no rule'],
  ])('%s with %j is refused, with the reason and the place to change', (path, text, sentence) => {
    const found = complaints([sourceFile(path, text)]);

    expect(found).toEqual([expect.stringContaining(sentence)]);
    expect(found[0]).toContain('change RULES in test/architecture.test.ts');
  });

  test.each([
    ['admin/doctor/x.ts', "import type { Drift } from '../../pat/router/view.ts';"],
    ['admin/doctor/x.ts', "import { type Drift, type B } from '../../pat/router/view.ts';"],
    ['pat/plan/x.ts', "// import { x } from 'execa';\n/**\n * from 'execa'\n */\nimport * as z from 'zod';"],
    ['store/files/pat/x.ts', "import { Low } from 'lowdb';\nimport { open } from 'node:fs/promises';"],
  ])('%s with %j is allowed', (path, text) => {
    expect(complaints([sourceFile(path, text)])).toEqual([]);
    expect(sourceFile(path, text).imports).not.toEqual([]);
  });

  test.each([
    'await import(`./x.ts`)',
    'await import(path)',
    'require("node:fs")',
    "import { createRequire } from 'node:module'",
  ])('an import that this test could not read is refused: %s', (text) => {
    expect(() => sourceFile('pat/x.ts', text)).toThrow('src/pat/x.ts: write imports as');
  });

  test('no two rooms import one another, directly or in a circle', () => {
    const arrows = new Map(ROOMS.map((room) => [room, roomsImportedBy(room)]));

    expect(circleIn(arrows)).toBeUndefined();
  });

  test('no file imports itself by way of others', () => {
    const arrows = FILES.map(({ path, imports }) => {
      const ours = imports.filter(({ isOurs }) => isOurs).map(({ target }) => target);
      return [path, ours] as const;
    });

    expect(circleIn(new Map(arrows))).toBeUndefined();
  });

  test('a circle is found', () => {
    const arrows = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['d']],
      ['d', ['b']],
    ]);

    expect(circleIn(arrows)).toBe('b → c → d → b');
  });
});

describe('folders', () => {
  test.each(FOLDERS)(
    'src/%s has a README.md of at most 30 lines that names its entry and what it may import',
    (room) => {
      const text = readFileSync(`${SRC}${room}/README.md`, 'utf8');

      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
      expect(text).toMatch(/May import/i);
      for (const [, name] of text.matchAll(/`([a-z-]+(?:\/[a-z-]+)*\.ts)`/g)) {
        const places = [
          `${SRC}${room}/${name}`,
          `${SRC}${room.split('/')[0]}/${name}`,
          `${SRC}${name}`,
          `${SRC}../${name}`,
        ];
        expect({ name, isThere: places.some((place) => existsSync(place)) }).toEqual({ name, isThere: true });
      }
    },
  );

  /** Folders of tests that are about no room of src, and what they are about. */
  const OTHERS: Readonly<Record<string, string>> = {
    '.': 'the repository as a whole',
    bench: 'the folder bench/',
    support: 'the fakes and models that other tests stand on',
    cli: 'the executable, as people use it',
    daemon: 'the daemons, as systemd starts them',
    kernel: 'the tools and the kernel',
    box: 'an installed machine',
    lab: 'a real OpenStack',
  };

  test('a test of a room lies in the folder of that name', () => {
    const paths = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
    const folders = new Set(paths.filter((path) => path.endsWith('.test.ts')).map((path) => dirname(path)));
    const homeless = [...folders].filter((folder) => !(folder in OTHERS || existsSync(`${SRC}${folder}`)));

    expect(homeless).toEqual([]);
    expect([...folders]).toEqual(expect.arrayContaining(Object.keys(OTHERS)));
  });
});

function roomsImportedBy(room: string): string[] {
  const targets = FILES.filter(({ path }) => roomOf(path) === room).flatMap(({ imports }) => imports);
  const rooms = targets.filter(({ isOurs }) => isOurs).map(({ target }) => roomOf(target));
  return [...new Set(rooms)].filter((other) => other !== room);
}

/** The first circle in a graph, as text. */
function circleIn(arrows: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const walk = (room: string, way: readonly string[]): string | undefined => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room].join(' → ');
    if (done.has(room)) return undefined;
    for (const next of arrows.get(room) ?? []) {
      const circle = walk(next, [...way, room]);
      if (circle !== undefined) return circle;
    }
    done.add(room);
    return undefined;
  };
  return [...arrows.keys()].reduce<string | undefined>((found, room) => found ?? walk(room, []), undefined);
}
