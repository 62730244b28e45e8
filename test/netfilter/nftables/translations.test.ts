import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type NftRule, type NftTable, tableOf } from '../../../src/netfilter/nftables/ruleset.ts';
import { isBeforeRouting, translationsOf } from '../../../src/netfilter/nftables/translations.ts';

/** As `nft --json list table inet theirs` printed the rules of nft-1.0.6-translations.nft. */
const LISTED = readFileSync(new URL('./fixtures/nft-1.0.6-translations.json', import.meta.url), 'utf8');
const TABLE = tableOf(JSON.parse(LISTED) as object);
const ENTRIES = TABLE.chains.filter(isBeforeRouting).map(({ name }) => name);

/** The ports that one rule takes, as `tcp 203.0.113.10/32 4000-4001`. */
function taken(handle: number): string[] {
  const { portsInUse } = translationsOf(TABLE, ENTRIES);
  return portsInUse
    .filter(({ text }) => text.includes(`handle ${handle}:`))
    .map(({ protocol, cidr, first, last }) => `${protocol} ${cidr} ${first}-${last}`);
}

test('packets enter before routing, by a translating or a filtering chain, and not after routing', () => {
  expect(ENTRIES).toEqual(['pre', 'mangling']);
});

test.each([
  ['a range of ports of one address', 10, ['tcp 203.0.113.10/32 4000-4001']],
  ['a set of ports of a network', 12, ['tcp 203.0.113.0/24 10-10', 'tcp 203.0.113.0/24 20-30']],
  [
    'both protocols, and a range of addresses as the network that has all of them',
    15,
    ['tcp', 'udp'].flatMap((name) => [
      `${name} 1.1.1.1/32 77-77`,
      `${name} 2.0.0.0/8 77-77`,
      `${name} 3.3.3.0/28 77-77`,
    ]),
  ],
  ['a named set', 16, ['tcp 0.0.0.0/0 100-200', 'tcp 0.0.0.0/0 300-300']],
  ['a negated port, which may be any other one', 17, ['udp 0.0.0.0/0 1-65535']],
  ['the keys of a named map', 18, ['tcp 1.2.3.4/32 80-80']],
  ['the keys of a map in the rule', 20, ['tcp 0.0.0.0/0 22-22', 'tcp 0.0.0.0/0 23-23']],
  ['a map by random numbers', 27, ['udp 0.0.0.0/0 9-9']],
  ['tproxy in a filtering chain', 30, ['tcp 0.0.0.0/0 6-6']],
  ['a destination that is overwritten', 31, ['udp 0.0.0.0/0 7-7']],
  ['a mark, which translates nothing', 32, []],
  ['IPv6', 25, []],
  ['accept', 28, []],
])('a rule takes the ports that it may translate: %s', (_what, handle, expected) => {
  expect(taken(handle).toSorted()).toEqual(expected.toSorted());
});

test('a chain takes what jumps and verdict maps send to it', () => {
  expect(taken(9)).toEqual(['tcp 1.1.1.1/32 53-53', 'tcp 0.0.0.0/0 1-1', 'tcp 0.0.0.0/0 3-3']);
});

test('the text of a rule says where it is, what it takes and where it sends it', () => {
  const [first] = translationsOf(TABLE, ENTRIES).portsInUse;
  expect(first?.text).toBe(
    'table inet theirs, chain pre, handle 10: tcp 203.0.113.10/32 port 4000-4001 dnat to 10.20.0.52:22',
  );
});

const rule = (chain: string, ...expr: readonly unknown[]): NftRule => ({
  family: 'ip',
  table: 'x',
  chain,
  handle: 1,
  expr,
});
const tableWith = (...rules: readonly NftRule[]): NftTable => ({
  chains: [],
  rules: Map.groupBy(rules, ({ chain }) => chain),
  elements: new Map(),
});
const port = (right: unknown, left: unknown = { payload: { protocol: 'tcp', field: 'dport' } }) => ({
  match: { op: '==', left, right },
});

test.each([
  ['a rule of iptables, of which nft shows only the name', port(4000), { xt: { type: 'target', name: 'DNAT' } }, 4000],
  ['a set that is not listed', port('@gone'), { dnat: { addr: '10.0.0.1' } }, 1],
  ['a port of which only some bits are compared', port(4000, { '&': [1, 2] }), { dnat: { addr: '10.0.0.1' } }, 1],
  ['a value that is not known', port({ new: 'thing' }), { redirect: null }, 1],
])('what is not understood takes all ports that it may take: %s', (_what, match, effect, first) => {
  const { portsInUse } = translationsOf(tableWith(rule('a', match, effect)), ['a']);
  expect(portsInUse.find(({ protocol }) => protocol === 'tcp')).toMatchObject({ first, cidr: '0.0.0.0/0' });
});

const written = (payload: object) => ({ mangle: { key: { payload }, value: 1 } });

test.each([
  [{ protocol: 'ip', field: 'daddr' }, true],
  [{ protocol: 'th', field: 'dport' }, true],
  [{ base: 'nh', offset: 128, len: 32 }, true],
  [{ base: 'll', offset: 0, len: 48 }, false],
  [{ protocol: 'ip', field: 'dscp' }, false],
  [{ protocol: 'ip6', field: 'daddr' }, false],
  [{ protocol: 'ether', field: 'daddr' }, false],
])('a header that is written, %j, takes the port: %s', (payload, isTaken) => {
  const table = tableWith(rule('a', port(4000), written(payload)));
  for (const shown of [[], ['a']]) expect(translationsOf(table, ['a'], shown).portsInUse).toHaveLength(isTaken ? 1 : 0);
});

test('of rules that iptables has shown only what it leaves out is read', () => {
  const dnat = rule('own', port(4000), { xt: { type: 'target', name: 'DNAT' } });
  const table = tableWith(
    rule('a', { jump: { target: 'own' } }),
    dnat,
    rule('own', port(4001), written({ protocol: 'tcp', field: 'dport' })),
  );
  expect(translationsOf(table, ['a'], ['a']).portsInUse.map(({ first }) => first)).toEqual([4001]);
  expect(translationsOf(table, ['a']).portsInUse.map(({ first }) => first)).toEqual([4000, 4001]);
});

test('chains that jump to one another in more ways than can be followed are said to be so', () => {
  const jump = (target: string) => ({ jump: { target } });
  const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const rules = names.flatMap((name, index) => [rule(name, jump(`c${index + 1}`)), rule(name, jump(`c${index + 1}`))]);
  expect(translationsOf(tableWith(...rules, rule('c20', { redirect: null })), ['c0']).isComplete).toBe(false);
  expect(translationsOf(tableWith(...rules, rule('c20', { redirect: null })), ['c12']).isComplete).toBe(true);
});
