import { afterEach, describe, expect, test } from '@jest/globals';
import { type Column, chooseColumns, FORMATS, renderList, renderRecord } from '../../../src/commands/output/rows.ts';
import { LISTED, MAPPING_COLUMNS } from '../../../src/commands/pat/mapping-columns.ts';
import { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { GATEWAY, idOf, MAPPING } from '../../support/samples.ts';

interface Row {
  readonly name: string;
  readonly port: number;
  readonly cidrs: readonly string[];
  readonly end: string | null;
  readonly on: boolean;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'Name', value: ({ name }) => name },
  { title: 'Router Port', value: ({ port }) => port },
  { title: 'Allowed CIDRs', value: ({ cidrs }) => cidrs },
  { title: 'Expires At', value: ({ end }) => end },
  { title: 'Enabled', value: ({ on }) => on },
];
const SSH: Row = { name: 'ssh', port: 4000, cidrs: ['192.0.2.7/32', '198.51.100.0/24'], end: null, on: true };
const WEB: Row = { name: 'the "web", main', port: 80, cidrs: [], end: '2030-01-01T00:00:00Z', on: false };
const ROWS = [SSH, WEB];
const VIEW = { ...MAPPING, counters: null };

describe('a list', () => {
  test('as a table: a line per record between borders, under its titles', async () => {
    expect(await renderList('table', COLUMNS.slice(0, 3), ROWS)).toBe(
      [
        '+-----------------+-------------+-------------------------------+',
        '| Name            | Router Port | Allowed CIDRs                 |',
        '+-----------------+-------------+-------------------------------+',
        '| ssh             | 4000        | 192.0.2.7/32, 198.51.100.0/24 |',
        '| the "web", main | 80          |                               |',
        '+-----------------+-------------+-------------------------------+',
      ].join('\n'),
    );
  });

  test('as json: objects by title, with values as they are', async () => {
    const [first, second] = JSON.parse(await renderList('json', COLUMNS, ROWS)) as Record<string, unknown>[];

    expect(first).toEqual({
      Name: 'ssh',
      'Router Port': 4000,
      'Allowed CIDRs': SSH.cidrs,
      'Expires At': null,
      Enabled: true,
    });
    expect(Object.keys(second ?? {})).toEqual(COLUMNS.map(({ title }) => title));
  });

  test('as yaml: the same, in yaml', async () => {
    expect(await renderList('yaml', COLUMNS, [SSH])).toBe(
      [
        '- Name: ssh',
        '  Router Port: 4000',
        '  Allowed CIDRs:',
        '    - 192.0.2.7/32',
        '    - 198.51.100.0/24',
        '  Expires At: null',
        '  Enabled: true',
      ].join('\n'),
    );
  });

  test('as csv: titles first, texts in quotes, quotes doubled', async () => {
    expect(await renderList('csv', COLUMNS.slice(0, 3), ROWS)).toBe(
      [
        '"Name","Router Port","Allowed CIDRs"',
        '"ssh","4000","192.0.2.7/32, 198.51.100.0/24"',
        '"the ""web"", main","80",""',
      ].join('\n'),
    );
  });

  test('as value: one line per record, without titles', async () => {
    expect(await renderList('value', COLUMNS.slice(0, 2), ROWS)).toBe('ssh 4000\nthe "web", main 80');
  });

  test('that is empty is still valid in each format', async () => {
    expect(JSON.parse(await renderList('json', COLUMNS, []))).toEqual([]);
    expect(await renderList('yaml', COLUMNS, [])).toBe('[]');
    expect(await renderList('value', COLUMNS, [])).toBe('');
    expect(await renderList('csv', COLUMNS.slice(0, 2), [])).toBe('"Name","Router Port"');
    expect(await renderList('table', COLUMNS.slice(0, 1), [])).toContain('| Name |');
  });
});

describe('a record', () => {
  const columns = COLUMNS.slice(0, 4);

  test('as a table: a line per field', async () => {
    const lines = (await renderRecord('table', columns, SSH)).split('\n');

    expect(lines[1]).toMatch(/^\| Field +\| Value +\|$/);
    expect(lines).toContain('| Router Port   | 4000                          |');
    expect(lines).toContain('| Expires At    |                               |');
  });

  test('as json and yaml: one object', async () => {
    expect(JSON.parse(await renderRecord('json', columns, SSH))).toEqual({
      Name: 'ssh',
      'Router Port': 4000,
      'Allowed CIDRs': SSH.cidrs,
      'Expires At': null,
    });
    expect(await renderRecord('yaml', columns.slice(0, 2), SSH)).toBe('Name: ssh\nRouter Port: 4000');
  });

  test('as csv: a line per field', async () => {
    expect(await renderRecord('csv', columns.slice(0, 2), SSH)).toBe(
      '"Field","Value"\n"Name","ssh"\n"Router Port","4000"',
    );
  });

  test('as value: a line per value, empty where there is none', async () => {
    expect(await renderRecord('value', [...columns].toReversed(), SSH)).toBe(
      '\n192.0.2.7/32, 198.51.100.0/24\n4000\nssh',
    );
  });
});

test('text that means something in a format comes back out of it as it was', async () => {
  const name = `no: "yes", 'it''s' # {x} | - 1,5 ${'x'.repeat(200)}`;
  const [column] = COLUMNS;
  const columns = column ? [column] : [];
  const { load } = await import('js-yaml');

  expect(load(await renderRecord('yaml', columns, { ...SSH, name }))).toEqual({ Name: name });
  expect(load(await renderRecord('yaml', columns, { ...SSH, name: 'no' }))).toEqual({ Name: 'no' });
  expect(await renderList('table', columns, [{ ...SSH, name }])).toContain(name);
});

describe('chooseColumns', () => {
  const titlesFor = (asked: readonly string[], defaults: readonly string[] = ['Name']): unknown => {
    const chosen = chooseColumns(COLUMNS, asked, defaults);
    return 'unknown' in chosen ? chosen : chosen.map(({ title }) => title);
  };

  test('gives what was asked for, in that order, by title or field name in any case', () => {
    expect(titlesFor(['Router Port', 'name'])).toEqual(['Router Port', 'Name']);
    expect(titlesFor(['router_port', 'ROUTER-PORT', 'routerport', 'allowed cidrs'])).toEqual([
      'Router Port',
      'Router Port',
      'Router Port',
      'Allowed CIDRs',
    ]);
  });

  test('gives the usual columns when none was asked for', () => {
    expect(titlesFor([], ['Enabled', 'Name'])).toEqual(['Enabled', 'Name']);
  });

  test.each(['colour', '', 'Name x', '__proto__', 'constructor', 'Names'])(
    'names the column %j that there is not',
    (name) => {
      expect(titlesFor(['Name', name, 'also not'])).toEqual({ unknown: name });
    },
  );
});

describe('the columns of mappings', () => {
  test('are all fields of a mapping, each found by its field name', () => {
    for (const field of Object.keys(Mapping.shape)) {
      const chosen = chooseColumns(MAPPING_COLUMNS, [field], []);

      const values = 'unknown' in chosen ? chosen : chosen.map(({ value }) => value(VIEW));
      expect([field, values]).toEqual([field, [MAPPING[field as keyof Mapping]]]);
    }
    expect(MAPPING_COLUMNS).toHaveLength(Object.keys(Mapping.shape).length + 3);
  });

  test('say what the counters say, and nothing while nothing is known', async () => {
    const columns = MAPPING_COLUMNS.filter(({ title }) => ['Packets', 'Bytes', 'Last Hit'].includes(title));

    const counted = { ...VIEW, counters: { packets: 0, bytes: 180, last_hit_at: null } };
    expect(await renderList('value', columns, [counted, VIEW])).toBe('0 180 \n  ');
    expect(columns.map(({ value }) => value(VIEW))).toEqual([null, null, null]);
  });

  test('listed by default show where a mapping leads', async () => {
    const chosen = chooseColumns(MAPPING_COLUMNS, [], LISTED);

    const columns = 'unknown' in chosen ? [] : chosen;
    expect(columns.map(({ title }) => title)).toEqual(LISTED);
    expect(await renderList('value', columns, [VIEW])).toBe(`${idOf(1)}  tcp ${GATEWAY} 4000 10.20.0.51 22  ACTIVE`);
  });
});

test('there are the five formats of the openstack client', () => {
  expect(FORMATS.toSorted()).toEqual(['csv', 'json', 'table', 'value', 'yaml']);
});

describe('on a terminal', () => {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  const terminal = (columns: number | undefined): void => {
    Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
  };
  afterEach(() => {
    if (before) Object.defineProperty(process.stdout, 'columns', before);
    else terminal(undefined);
  });

  test.each([40, 50, 64])(
    'a table of %p columns at most: long cells have several lines, and nothing is lost',
    async (columns) => {
      terminal(columns);
      const lines = (await renderList('table', COLUMNS.slice(0, 3), ROWS)).split('\n');

      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
      expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
      const rows = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1));
      const columnTexts = [0, 1, 2].map((column) => rows.map((row) => row[column]?.trim()).join(''));
      expect(columnTexts.map((text) => text.replaceAll(' ', ''))).toEqual([
        'Namesshthe"web",main',
        'RouterPort400080',
        'AllowedCIDRs192.0.2.7/32,198.51.100.0/24',
      ]);
    },
  );

  test('wide enough, and piped, it is whole; other formats are never cut', async () => {
    terminal(65);
    const whole = await renderList('table', COLUMNS.slice(0, 3), ROWS);
    terminal(undefined);
    expect(await renderList('table', COLUMNS.slice(0, 3), ROWS)).toBe(whole);
    terminal(20);
    expect(await renderList('csv', COLUMNS.slice(0, 1), [WEB])).toBe('"Name"\n"the ""web"", main"');
  });

  test('far too narrow, a column has one character', async () => {
    terminal(5);
    expect(await renderList('table', COLUMNS.slice(0, 2), [SSH])).toContain('| s | 4 |');
  });
});
