import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { baseChains, RULES } from '../../../src/netfilter/nftables/layout.ts';
import { parseListing } from '../../../src/netfilter/nftables/listing.ts';
import { markChains } from '../../../src/netfilter/nftables/marks.ts';
import type { ElementOperation, NftablesTransaction } from '../../../src/netfilter/nftables/operation.ts';
import { renderTransaction } from '../../../src/netfilter/nftables/render.ts';
import { foundForwards, type Rule, ruleKey, rulesOf } from '../../../src/netfilter/rules.ts';
import type { Forward } from '../../../src/pat/mapping/forward.ts';
import { forward, forwards } from '../../support/arbitrary.ts';
import { FORWARD, ROUTER } from '../../support/samples.ts';

/** The lines that nft is given. */
const linesOf = (transaction: Partial<NftablesTransaction>): string[] =>
  renderTransaction({ baseChains: [], removals: [], additions: [], ...transaction })
    .split('\n')
    .filter((line) => line !== '');
const elements = (op: ElementOperation['op'], ...rules: readonly Rule[]): ElementOperation[] =>
  rules.map((rule) => ({ op, rule }));
/** The line that adds this one element. */
const additionOf = (rule: Rule): string => linesOf({ additions: elements('add', rule) }).at(-1) ?? '';

/** What nft 1.0.6 prints as JSON for the elements of a script, written from its text. */
function listingOf(lines: readonly string[], rules: readonly object[] = [...BASE_CHAINS, ...markRules()]): string {
  const listed: Record<string, unknown[]> = { open: [], allowed: [], masqueraded: [], marks: [] };
  for (const line of lines) {
    const [, container = '', key = '', comment, value] =
      /^add element ip praas (\w+) \{ (.*?) (?:comment "(.*?)")(?: : (.*))? \}$/.exec(line) ?? [];
    const concat = key.split(' . ').map((part, index) => (index === 2 ? Number(part) : prefixOf(part)));
    const item = { elem: { val: { concat }, comment, counter: { packets: 0, bytes: 0 } } };
    listed[container]?.push(value === undefined ? item : [item, valueOf(value)]);
  }
  const containers = Object.entries(listed).map(([name, elem]) =>
    name === 'masqueraded' ? { set: { name, elem } } : { map: { name, elem } },
  );
  return JSON.stringify({ nftables: [{ metainfo: {} }, { table: {} }, ...containers, ...rules] });
}

function valueOf(text: string): unknown {
  const [address, port] = text.split(' . ');
  return text.startsWith('goto ') ? { goto: { target: text.slice(5) } } : { concat: [address, Number(port)] };
}

/** The rules of the chains for these marks, as they are listed. */
function markRules(...marks: readonly number[]): object[] {
  return markChains(marks).flatMap((statement) =>
    statement.object === 'rule' ? [{ rule: { chain: statement.chain, comment: statement.name } }] : [],
  );
}

function prefixOf(part: string): unknown {
  const [addr, len] = part.split('/');
  return len === undefined || len === '32' ? addr : { prefix: { addr, len: Number(len) } };
}

const SCOPED: Forward = { ...FORWARD, mapping_id: ROUTER, router_port: 4022, scopeMark: 0x4010000 };

const BASE_CHAINS = Object.entries(RULES).flatMap(([chain, rules]) => [
  { chain: { name: chain } },
  ...rules.map(([comment]) => ({ rule: { chain, comment } })),
]);

test('forwards that are written and listed are the same forwards', () => {
  fc.assert(
    fc.property(forwards, (list) => {
      const marks = list.flatMap(({ scopeMark }) => scopeMark ?? []);
      const rules = [...BASE_CHAINS, ...markRules(...new Set(marks))];
      const contents = parseListing(
        listingOf(
          list.flatMap((item) => rulesOf(item).map(additionOf)),
          rules,
        ),
      );
      const found = foundForwards(contents.found).map(({ forward: whole }) => whole);
      const byId = (a?: { mapping_id: string }, b?: { mapping_id: string }) =>
        (a?.mapping_id ?? '').localeCompare(b?.mapping_id ?? '');
      expect(found.toSorted(byId)).toEqual(list.toSorted(byId));
      expect(contents.missingBaseChains).toEqual([]);
    }),
  );
});

test('what deletes an element names the key that added it', () => {
  fc.assert(
    fc.property(forward, (item) => {
      for (const rule of rulesOf(item)) {
        const [removal = ''] = linesOf({ removals: elements('delete', rule) });
        const key = removal.replace('delete element', 'add element').replace(' }', '');
        expect(additionOf(rule).startsWith(key)).toBe(true);
      }
    }),
  );
});

test('a table without one of its rules, or with one too many, is repaired', () => {
  const missingIn = (rules: readonly object[]) =>
    parseListing(listingOf([], [...rules, ...markRules()])).missingBaseChains;
  expect(missingIn(BASE_CHAINS)).toEqual([]);
  expect(missingIn(BASE_CHAINS.slice(0, -1))).toEqual(baseChains());
  expect(missingIn([...BASE_CHAINS, { rule: { chain: 'prerouting' } }])).toEqual(baseChains());
  expect(missingIn(BASE_CHAINS.slice(1))).toEqual(baseChains());
});

test('a table without the part for address scopes is whole; the first mapping that needs it adds it', () => {
  const plain = JSON.parse(listingOf([])) as { nftables: { map?: { name: string } }[] };
  plain.nftables = plain.nftables.filter(({ map }) => map?.name !== 'marks');
  expect(parseListing(JSON.stringify(plain)).missingBaseChains).toEqual([]);

  const script = (marks: (number | undefined)[]) =>
    linesOf({ additions: elements('add', ...marks.flatMap((scopeMark) => rulesOf({ ...SCOPED, scopeMark }))) });
  expect(script([undefined]).join()).not.toContain('marks');
  expect(script([0x4010000, 0x4010000]).slice(0, -4)).toEqual(linesOf({ baseChains: markChains([0x4010000]) }));
});

test('each element has its statement, up to fifty; more of them share one for each map', () => {
  const rules = Array.from({ length: 51 }, (_, index) => rulesOf({ ...SCOPED, router_port: 5000 + index }));
  const some = (count: number): Rule[] => rules.slice(0, count).flatMap(([dnat]) => dnat ?? []);
  const element = (port: number): string =>
    `tcp . 203.0.113.10 . ${port} comment "praas:${SCOPED.mapping_id}" : 10.20.0.51 . 22`;

  const few = linesOf({ additions: elements('add', ...some(50)) });
  const many = linesOf({ removals: elements('delete', ...some(51)), additions: elements('add', ...some(51)) });

  expect(few).toEqual(some(50).map(({ router_port }) => `add element ip praas open { ${element(router_port)} }`));
  expect(many).toHaveLength(2 * (51 + 2));
  expect(many.slice(0, 2)).toEqual(['delete element ip praas open {', 'tcp . 203.0.113.10 . 5000,']);
  expect(many.slice(51, 55)).toEqual([
    'tcp . 203.0.113.10 . 5050',
    '}',
    'add element ip praas open {',
    `${element(5000)},`,
  ]);
});

test('a part for address scopes that lost a rule is repaired, for the marks in use', () => {
  const lines = rulesOf(SCOPED).map(additionOf);
  const missingIn = (rules: readonly object[]) =>
    parseListing(listingOf(lines, [...BASE_CHAINS, ...rules])).missingBaseChains;
  expect(missingIn(markRules(0x4010000))).toEqual([]);
  expect(missingIn(markRules(0x4010000, 0x4020000))).toEqual([]);
  for (const missing of [[], markRules(), markRules(0x4020000), markRules(0x4010000).slice(1)]) {
    expect(missingIn(missing)).toEqual(markChains([0x4010000]));
  }
});

test('an element of praas that goes to an unknown chain makes no forward, and no chain', () => {
  const lines = rulesOf(SCOPED).map((rule) => additionOf(rule).replace('goto scope-4010000', 'goto elsewhere'));
  const { found, missingBaseChains } = parseListing(listingOf(lines, [...BASE_CHAINS, ...markRules()]));
  expect(foundForwards(found).map(({ forward: whole }) => whole?.scopeMark)).not.toContain(0x4010000);
  expect(missingBaseChains).toEqual([]);
});

test('an unmanaged element in a map of praas takes its port, and is not a forward', () => {
  const line = 'add element ip praas open { tcp . 203.0.113.10 . 4022 comment "mine" : 10.20.0.51 . 22 }';
  const { found, portsInUse } = parseListing(listingOf([line]));
  expect(found).toEqual([]);
  expect(portsInUse).toEqual([
    {
      protocol: 'tcp',
      cidr: '203.0.113.10/32',
      first: 4022,
      last: 4022,
      kind: 'rule',
      text: expect.stringMatching(/203\.0\.113\.10:4022\/tcp .*10\.20\.0\.51:22/),
    },
  ]);
});

test('a forward that lost one of its networks or its DNAT is not whole', () => {
  fc.assert(
    fc.property(forward, fc.nat(10), (item, victim) => {
      const lines = rulesOf(item).map(additionOf);
      fc.pre(lines.length > 1);
      lines.splice(victim % lines.length, 1);
      const [observed] = foundForwards(parseListing(listingOf(lines)).found);
      expect(observed?.forward).not.toEqual(item);
    }),
  );
});

test('one text for one rule', () => {
  fc.assert(
    fc.property(forward, forward, (a, b) => {
      const keys = [...rulesOf(a), ...rulesOf(b)].map(ruleKey);
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

test('a listing that nft printed is read', () => {
  const listing = readFileSync(new URL('./fixtures/nft-1.0.6-list-table.json', import.meta.url), 'utf8');
  const { found, portsInUse, missingBaseChains } = parseListing(listing);
  expect(portsInUse).toEqual([]);
  expect(missingBaseChains).toEqual([]);
  expect(foundForwards(found).map(({ forward: whole }) => whole)).toEqual([
    {
      mapping_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
      protocol: 'tcp',
      gateway_ip: '203.0.113.10',
      router_port: 4011,
      server_ip: '10.20.0.51',
      server_port: 22,
      allowed_cidrs: [],
      masquerade: true,
    },
    {
      mapping_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f12',
      protocol: 'udp',
      gateway_ip: '203.0.113.10',
      router_port: 4012,
      server_ip: '10.20.0.51',
      server_port: 53,
      masquerade: false,
      allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'],
    },
  ]);
});

test('what the elements of a mapping have counted is added up; what is masqueraded counts once', () => {
  const listing = readFileSync(new URL('./fixtures/nft-1.0.6-list-table.json', import.meta.url), 'utf8');
  const countersIn = (text: string) => foundForwards(parseListing(text).found).map(({ counters }) => counters);
  expect(countersIn(listing)).toEqual([
    { packets: 0, bytes: 0 },
    { packets: 0, bytes: 0 },
  ]);

  const used = listing.replaceAll('"packets": 0, "bytes": 0', '"packets": 3, "bytes": 180');
  expect(countersIn(used)).toEqual([
    { packets: 3, bytes: 180 },
    { packets: 6, bytes: 360 },
  ]);
  const uncounted = listing.replaceAll('"counter": { "packets": 0, "bytes": 0 }', '"timeout": 60');
  expect(countersIn(uncounted)).toEqual([undefined, undefined]);
});

test('unmanaged elements that praas could not have written are left out', () => {
  const range = {
    elem: { val: { concat: ['tcp', '203.0.113.10', { range: [4050, 4060] }, { range: ['192.0.3.1', '192.0.3.5'] }] } },
  };
  const listing = JSON.parse(listingOf([])) as { nftables: object[] };
  const allowed = { map: { name: 'allowed', elem: [[range, { concat: ['10.20.0.51', 22] }]] } };
  listing.nftables.push(allowed);
  expect(parseListing(JSON.stringify(listing))).toMatchObject({ found: [], portsInUse: [], missingBaseChains: [] });
});
