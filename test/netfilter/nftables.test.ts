import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../src/netfilter/nftables/backend.ts';
import { additionOf, removalOf } from '../../src/netfilter/nftables/element.ts';
import { frameLines, RULES } from '../../src/netfilter/nftables/layout.ts';
import { parseListing } from '../../src/netfilter/nftables/listing.ts';
import { markLines } from '../../src/netfilter/nftables/marks.ts';
import { observedForwards, ruleKey, rulesOf } from '../../src/netfilter/rules.ts';
import type { Forward } from '../../src/pat/mapping/forward.ts';
import { forward, forwards } from '../support/arbitrary.ts';

/** What nft 1.0.6 prints as JSON for the elements of a script, written from its text. */
function listingOf(lines: readonly string[], rules: readonly object[] = [...FRAME, ...markRules()]): string {
  const elements: Record<string, unknown[]> = { open: [], allowed: [], masqueraded: [], marks: [] };
  for (const line of lines) {
    const [, container = '', key = '', comment, value] =
      /^add element ip praas (\w+) \{ (.*?) (?:comment "(.*?)")(?: : (.*))? \}$/.exec(line) ?? [];
    const concat = key.split(' . ').map((part, index) => (index === 2 ? Number(part) : prefixOf(part)));
    const item = { elem: { val: { concat }, comment, counter: { packets: 0, bytes: 0 } } };
    elements[container]?.push(value === undefined ? item : [item, valueOf(value)]);
  }
  const containers = Object.entries(elements).map(([name, elem]) =>
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
  const added = markLines(marks).filter((line) => line.startsWith('add rule'));
  return added.map((line) => {
    const [, chain, comment] = /^add rule ip praas (\S+) .* comment "(.*)"$/.exec(line) ?? [];
    return { rule: { chain, comment } };
  });
}

function prefixOf(part: string): unknown {
  const [addr, len] = part.split('/');
  return len === undefined || len === '32' ? addr : { prefix: { addr, len: Number(len) } };
}

const SCOPED: Forward = {
  mapping_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
  protocol: 'tcp',
  gateway_ip: '203.0.113.10',
  router_port: 4022,
  server_ip: '10.20.0.51',
  server_port: 22,
  allowed_cidrs: [],
  masquerade: false,
  scopeMark: 0x4010000,
};

const FRAME = Object.entries(RULES).flatMap(([chain, rules]) => [
  { chain: { name: chain } },
  ...rules.map(([comment]) => ({ rule: { chain, comment } })),
]);

test('forwards that are written and listed are the same forwards', () => {
  fc.assert(
    fc.property(forwards, (list) => {
      const marks = list.flatMap(({ scopeMark }) => scopeMark ?? []);
      const rules = [...FRAME, ...markRules(...new Set(marks))];
      const contents = parseListing(
        listingOf(
          list.flatMap((item) => rulesOf(item).map(additionOf)),
          rules,
        ),
      );
      const found = observedForwards(contents.found).map(({ forward: whole }) => whole);
      const byId = (a?: { mapping_id: string }, b?: { mapping_id: string }) =>
        (a?.mapping_id ?? '').localeCompare(b?.mapping_id ?? '');
      expect(found.toSorted(byId)).toEqual(list.toSorted(byId));
      expect(contents.frame).toEqual([]);
    }),
  );
});

test('what takes an element away names the key that put it there', () => {
  fc.assert(
    fc.property(forward, (item) => {
      for (const rule of rulesOf(item)) {
        const key = removalOf(rule).replace('delete element', 'add element').replace(' }', '');
        expect(additionOf(rule).startsWith(key)).toBe(true);
      }
    }),
  );
});

test('a frame without one of its rules, or with one too many, is put in place again', () => {
  const frameOf = (rules: readonly object[]) => parseListing(listingOf([], [...rules, ...markRules()])).frame;
  expect(frameOf(FRAME)).toEqual([]);
  expect(frameOf(FRAME.slice(0, -1))).toEqual(frameLines());
  expect(frameOf([...FRAME, { rule: { chain: 'prerouting' } }])).toEqual(frameLines());
  expect(frameOf(FRAME.slice(1))).toEqual(frameLines());
});

test('a table without the part for address scopes is whole; the first mapping that needs it brings it along', () => {
  const plain = JSON.parse(listingOf([])) as { nftables: { map?: { name: string } }[] };
  plain.nftables = plain.nftables.filter(({ map }) => map?.name !== 'marks');
  expect(parseListing(JSON.stringify(plain)).frame).toEqual([]);

  const backend = new NftablesBackend(new Namespaces(async () => ({ exitCode: 0, stdout: '', stderr: '' }), '/dev'));
  const script = (marks: (number | undefined)[]) => {
    const additions = marks.flatMap((scopeMark) => backend.additions({ ...SCOPED, scopeMark }));
    return backend.text({ frame: [], removals: [], additions }).split('\n');
  };
  expect(script([undefined]).join()).not.toContain('marks');
  expect(script([0x4010000, 0x4010000]).slice(0, -5)).toEqual(markLines([0x4010000]));
});

test('a part for address scopes that lost a rule is put in place again, for the marks in use', () => {
  const lines = rulesOf(SCOPED).map(additionOf);
  const frameOf = (rules: readonly object[]) => parseListing(listingOf(lines, [...FRAME, ...rules])).frame;
  expect(frameOf(markRules(0x4010000))).toEqual([]);
  expect(frameOf(markRules(0x4010000, 0x4020000))).toEqual([]);
  for (const missing of [[], markRules(), markRules(0x4020000), markRules(0x4010000).slice(1)]) {
    expect(frameOf(missing)).toEqual(markLines([0x4010000]));
  }
});

test('an element of ours that leads to no chain of ours makes no forward, and no chain', () => {
  const lines = rulesOf(SCOPED).map((rule) => additionOf(rule).replace('goto scope-4010000', 'goto elsewhere'));
  const { found, frame } = parseListing(listingOf(lines, [...FRAME, ...markRules()]));
  expect(observedForwards(found).map(({ forward: whole }) => whole?.scopeMark)).not.toContain(0x4010000);
  expect(frame).toEqual([]);
});

test('an element of somebody else in our map is a claim, not a forward', () => {
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
      text: 'an element of table ip praas: 203.0.113.10:4022/tcp to 10.20.0.51:22',
    },
  ]);
});

test('a forward that lost one of its networks or its translation is not whole', () => {
  fc.assert(
    fc.property(forward, fc.nat(10), (item, victim) => {
      const lines = rulesOf(item).map(additionOf);
      fc.pre(lines.length > 1);
      lines.splice(victim % lines.length, 1);
      const [observed] = observedForwards(parseListing(listingOf(lines)).found);
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
  const { found, portsInUse, frame } = parseListing(listing);
  expect(portsInUse).toEqual([]);
  expect(frame).toEqual([]);
  expect(observedForwards(found).map(({ forward: whole }) => whole)).toEqual([
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
  const counters = (text: string) => observedForwards(parseListing(text).found).map(({ counters }) => counters);
  expect(counters(listing)).toEqual([
    { packets: 0, bytes: 0 },
    { packets: 0, bytes: 0 },
  ]);

  const used = listing.replaceAll('"packets": 0, "bytes": 0', '"packets": 3, "bytes": 180');
  expect(counters(used)).toEqual([
    { packets: 3, bytes: 180 },
    { packets: 6, bytes: 360 },
  ]);
  const uncounted = listing.replaceAll('"counter": { "packets": 0, "bytes": 0 }', '"timeout": 60');
  expect(counters(uncounted)).toEqual([undefined, undefined]);
});

test('elements of somebody else that praas could not have written are passed over', () => {
  const range = {
    elem: { val: { concat: ['tcp', '203.0.113.10', { range: [4050, 4060] }, { range: ['192.0.3.1', '192.0.3.5'] }] } },
  };
  const listing = JSON.parse(listingOf([])) as { nftables: object[] };
  const allowed = { map: { name: 'allowed', elem: [[range, { concat: ['10.20.0.51', 22] }]] } };
  listing.nftables.push(allowed);
  expect(parseListing(JSON.stringify(listing))).toMatchObject({ found: [], portsInUse: [], frame: [] });
});
