import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NetfilterDataplane } from '../../../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../../../src/netfilter/iptables/backend.ts';
import {
  baseChainRemovals,
  changesBuiltInChain,
  missingBaseChains,
} from '../../../src/netfilter/iptables/base-chains.ts';
import { type BaseChainOperation, chainOf, type Table } from '../../../src/netfilter/iptables/operation.ts';
import { portsInUse } from '../../../src/netfilter/iptables/ports-in-use.ts';
import { renderRule, renderSection } from '../../../src/netfilter/iptables/render.ts';
import { parseRule } from '../../../src/netfilter/iptables/rule.ts';
import { parseSavedTable, wordsOf } from '../../../src/netfilter/iptables/save.ts';
import { Namespaces } from '../../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../../src/netfilter/nftables/backend.ts';
import { rulesOf } from '../../../src/netfilter/rules.ts';
import { type Forward, forwardKey } from '../../../src/pat/mapping/forward.ts';
import { isEmptyChanges } from '../../../src/pat/plan/changes.ts';
import { plan } from '../../../src/pat/plan/plan.ts';
import { systemTimers } from '../../../src/system/clock.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { forward, forwards, unmanagedRule } from '../../support/arbitrary.ts';
import { counted, EMPTY_NAT, restore, SCOPED } from '../../support/iptables-model.ts';
import { FORWARD, ROUTER } from '../../support/samples.ts';
import { pythonRules } from '../../support/unmanaged-rules.ts';

const NEUTRON = new URL('../../golden/neutron/', import.meta.url);

const NO_TABLE = 'Error: No such file or directory\nlist table ip praas\n              ^^^^^\n';

/** A node on which `version` (of /proc) is a namespace, with the model instead of the kernel. */
function modelledDataplane(saved: string[]): {
  dataplane: NetfilterDataplane;
  saved: () => string[];
  /** Every input of iptables-restore, refused ones too. */
  scripts: string[];
} {
  let lines = saved;
  const scripts: string[] = [];
  const exec: Exec = async ({ args, input }) => {
    const done = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' });
    if (args.includes('iptables-save')) {
      const shown = args.includes('-c') ? counted(lines) : lines;
      return done(`${shown.join('\n').replaceAll('\n*', '\nCOMMIT\n*')}\nCOMMIT\n`);
    }
    if (args.includes('iptables-restore')) {
      scripts.push(input ?? '');
      try {
        lines = restore(lines, input ?? '');
      } catch (error) {
        return { exitCode: 1, stdout: '', stderr: `iptables-restore: ${(error as Error).message}` };
      }
      return done('');
    }
    return args.includes('sh') ? { exitCode: 1, stdout: '{"nftables":[]}\n', stderr: NO_TABLE } : done('');
  };
  const namespaces = new Namespaces(exec, '/proc', systemTimers);
  const iptables = new IptablesBackend(namespaces, { waitSeconds: 1, neutronLockPaths: [] });
  const dataplane = new NetfilterDataplane(namespaces, iptables, new NftablesBackend(namespaces));
  return { dataplane, saved: () => lines, scripts };
}

test('a rule that is written and read again is the same rule', () => {
  fc.assert(
    fc.property(forward, (item) => {
      for (const rule of rulesOf(item)) {
        expect(parseRule(chainOf(rule), wordsOf(renderRule(rule)))).toEqual(rule);
      }
    }),
  );
});

test('a rule with a comment of praas that was edited is not a rule as praas writes it', () => {
  const rules = rulesOf({ ...FORWARD, mapping_id: ROUTER, router_port: 4022 });
  const chain = 'custom-PREROUTING';
  const words = rules.flatMap((rule) => wordsOf(renderRule(rule)));
  expect([parseRule(chain, words)]).toEqual(rules);

  expect(parseRule(chain, ['-i', 'qg-1', ...words])).toBeUndefined();
  expect(parseRule(chain, ['!', ...words])).toBeUndefined();
  expect(parseRule('custom-POSTROUTING', words)).toBeUndefined();
  expect(
    parseRule(
      chain,
      words.map((word) => (word === '4022' ? '4022:4030' : word)),
    ),
  ).toBeUndefined();
  expect(
    parseRule(
      chain,
      words.map((word) => (word === 'DNAT' ? 'REDIRECT' : word)),
    ),
  ).toBeUndefined();
});

test('a plan applied among unmanaged rules gives what is desired, keeps these rules, and the next plan is empty', async () => {
  const lines = fc.array(unmanagedRule, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(forwards, forwards, lines, lines, async (before, after, first, second) => {
      const chains = [':custom-PREROUTING - [0:0]', ':custom-POSTROUTING - [0:0]'];
      const { dataplane, saved } = modelledDataplane([...SCOPED, ...EMPTY_NAT, ...chains, ...first]);
      const reconcile = async (desired: typeof after) => {
        const observed = await dataplane.observe('version');
        const changes = plan(desired, observed.forwards, desired.length > 0 ? observed.missingBaseChains : undefined);
        await dataplane.apply('version', changes);
        return changes;
      };
      await reconcile(before);
      saved().push(...second);

      await reconcile(after);

      const observed = await dataplane.observe('version');
      const keys = observed.forwards.map(({ forward: found }) => (found ? forwardKey(found) : 'broken'));
      expect(keys.toSorted()).toEqual(after.map(forwardKey).toSorted());
      const kept = saved().filter((line) => [...first, ...second].includes(line));
      expect(kept).toHaveLength(first.length + second.length);
      expect(isEmptyChanges(await reconcile(after))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

/** The base chains as iptables-restore gets them. */
const textOf = (table: Table, baseChains: readonly BaseChainOperation[]): string =>
  renderSection({ table, baseChains, rules: [] });

test('the base chains are two chains and two appended jumps, and only once', () => {
  const missing = missingBaseChains('nat', parseSavedTable(EMPTY_NAT.join('\n'), 'nat'));
  expect(textOf('nat', missing).split('\n')).toEqual([
    '*nat',
    '-N custom-PREROUTING',
    '-N custom-POSTROUTING',
    '-A PREROUTING -j custom-PREROUTING',
    '-A POSTROUTING -j custom-POSTROUTING',
    'COMMIT',
    '',
  ]);
  expect(changesBuiltInChain(missing)).toBe(true);
  expect(changesBuiltInChain(missing.slice(0, 2))).toBe(false);

  const whole = parseSavedTable(restore(EMPTY_NAT, textOf('nat', missing)).join('\n'), 'nat');
  expect(missingBaseChains('nat', whole)).toEqual([]);
});

test.each<[string, string[], string[]]>([
  ['no rule: both go, with every jump', [], ['POSTROUTING', 'PREROUTING']],
  ['a rule: its chain stays', ['-A custom-PREROUTING -p tcp -j ACCEPT'], ['POSTROUTING']],
  ['a jump from another chain: it stays', ['-A OUTPUT -j custom-PREROUTING'], ['POSTROUTING']],
])('base chains in which there is %s', (_, rules, removed) => {
  const chains = ['PREROUTING', 'POSTROUTING'];
  const declared = chains.map((hook) => `:custom-${hook} - [0:0]`);
  const jumps = [...chains, ...chains].map((hook) => `-A ${hook} -j custom-${hook}`);
  const table = parseSavedTable([...EMPTY_NAT, ...declared, ...jumps, ...rules].join('\n'), 'nat');

  const lines = textOf('nat', baseChainRemovals('nat', table)).split('\n').slice(1, -2);

  const expected = removed.map((hook) => {
    const jump = `-D ${hook} -j custom-${hook}`;
    return [jump, jump, `-X custom-${hook}`];
  });
  expect(lines.toSorted()).toEqual(expected.flat().toSorted());
});

const BASE: Forward = { ...FORWARD, mapping_id: ROUTER, router_port: 4022, scopeMark: 0x4010000 };
const MARK =
  '-A custom-PREROUTING -d 203.0.113.10/32 -p tcp -m tcp --dport 4022 -m comment --comment "praas:0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11" -j MARK --set-xmark 0x4010000/0xffff0000';
const DNAT = MARK.replace(/-j MARK.*/, '-j DNAT --to-destination 10.20.0.51:22');

test('a mark is a rule in a chain of praas in mangle, with one jump at the end', () => {
  const missing = missingBaseChains('mangle', parseSavedTable(SCOPED.join('\n'), 'mangle'));
  const lines = ['*mangle', '-N custom-PREROUTING', '-A PREROUTING -j custom-PREROUTING', 'COMMIT', ''];
  expect(textOf('mangle', missing).split('\n')).toEqual(lines);
  const whole = ['*mangle', ':custom-PREROUTING - [0:0]', '-A PREROUTING -j custom-PREROUTING'];
  expect(missingBaseChains('mangle', parseSavedTable(whole.join('\n'), 'mangle'))).toEqual([]);
  expect(rulesOf(BASE).map((rule) => `-A ${chainOf(rule)} ${renderRule(rule)}`)).toContain(MARK);
});

test('the mark is committed before the DNAT that needs it, and taken away after it', async () => {
  const { dataplane, scripts } = modelledDataplane([...SCOPED, ...EMPTY_NAT]);
  const { missingBaseChains: missing } = await dataplane.observe('version');
  const shown = dataplane.render(plan([BASE], [], missing));
  await dataplane.apply('version', plan([BASE], [], missing));
  expect(scripts.map((script) => script.split('\n').at(-3))).toEqual([MARK, DNAT]);
  expect(scripts.join('')).toBe(shown);

  scripts.length = 0;
  await dataplane.apply('version', plan([], (await dataplane.observe('version')).forwards));
  expect(scripts.map((script) => script.split('\n')[1])).toEqual([DNAT.replace('-A', '-D'), MARK.replace('-A', '-D')]);
});

test('a change that is refused in the second table is taken back in the first', async () => {
  const { dataplane, saved, scripts } = modelledDataplane([...SCOPED, ...EMPTY_NAT]);
  const { missingBaseChains: missing } = await dataplane.observe('version');
  await dataplane.apply('version', plan([BASE], [], missing));
  const before = saved().toSorted();
  const absent = {
    ...BASE,
    mapping_id: '00000000-0000-4000-8000-000000000009',
    router_port: 4030,
    scopeMark: undefined,
  };
  const other = { ...BASE, mapping_id: '00000000-0000-4000-8000-000000000008', router_port: 4031 };

  scripts.length = 0;
  const impossible = { remove: [dataplane.expected(absent)], add: [other], missingBaseChains: undefined };
  await expect(dataplane.apply('version', impossible)).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
  expect(scripts).toHaveLength(3);
  expect(saved().toSorted()).toEqual(before);

  // The mark is not there to be deleted: by then the nat table is committed already.
  const unmarked = { ...absent, scopeMark: 0x4020000 };
  await dataplane.apply('version', plan([absent], [], undefined));
  const withAbsent = saved().toSorted();
  const last = { remove: [dataplane.expected(unmarked)], add: [other], missingBaseChains: undefined };
  await expect(dataplane.apply('version', last)).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
  expect(saved().toSorted()).toEqual(withAbsent);
});

test('unmanaged rules that a refused change has deleted come back in their order', async () => {
  const python = ['10.20.0.51:22', '10.20.0.52:22'].map((server) => pythonRules(4022, server)[0] ?? '');
  const chains = [':custom-PREROUTING - [0:0]', ':custom-POSTROUTING - [0:0]'];
  const { dataplane, saved } = modelledDataplane([...SCOPED, ...EMPTY_NAT, ...chains, ...python]);
  const { unmanagedRules: adopt = [], missingBaseChains: missing } = await dataplane.observe('version');
  await dataplane.apply('version', plan([{ ...BASE, scopeMark: undefined }], [], missing));
  const inChain = (): string[] => saved().filter((line) => python.includes(line));

  // It has no mark to be deleted, which shows when the nat table is committed already.
  const remove = [dataplane.expected({ ...BASE, scopeMark: 0x4020000 })];
  const refused = dataplane.apply('version', { remove, add: [], missingBaseChains: undefined, adopt });
  await expect(refused).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
  expect(adopt).toHaveLength(2);
  expect(inChain()).toEqual(python);
});

test('a router without address scopes gets nothing in mangle', async () => {
  const { dataplane, scripts } = modelledDataplane([
    ...SCOPED.map((line) => line.replace('0x4010000', '0x4000000')),
    ...EMPTY_NAT,
  ]);
  const { missingBaseChains: missing, scopeMarks } = await dataplane.observe('version');
  expect(scopeMarks).toEqual(new Map([['qr-1', undefined]]));
  await dataplane.apply('version', plan([{ ...BASE, scopeMark: undefined }], [], missing));
  expect(scripts).toHaveLength(1);
  expect(scripts[0]).not.toContain('mangle');
});

test('a rule of praas in the other table, where it has no effect, is not the forward', async () => {
  const misplaced = [':custom-PREROUTING - [0:0]', MARK, DNAT];
  const { dataplane } = modelledDataplane([...SCOPED, ...EMPTY_NAT, ...misplaced]);
  const { forwards: found } = await dataplane.observe('version');
  expect(found.map(({ forward: whole }) => whole)).toEqual([undefined]);
});

test('rules are read with their counters and without, and are the same rules', () => {
  const rule = '-A custom-PREROUTING -d 203.0.113.10/32 -p tcp -m tcp --dport 9 -j DNAT --to-destination 10.0.0.1';
  const saved = [...EMPTY_NAT, ':custom-PREROUTING - [0:0]', rule];
  const [plain] = parseSavedTable(saved.join('\n'), 'nat').rules;
  const withCounters = saved.map((line) => line.replace(/^-A/, '[12:720] -A').replace('[0:0]', '[3:180]'));

  const { chains, rules } = parseSavedTable(withCounters.join('\n'), 'nat');

  expect(plain?.counters).toBeUndefined();
  expect(rules).toEqual([{ ...plain, counters: { packets: 12, bytes: 720 } }]);
  expect([...chains]).toContain('custom-PREROUTING');
});

test('a jump that the Python version inserted at the top counts', () => {
  const lines = [
    ...EMPTY_NAT,
    ':custom-PREROUTING - [0:0]',
    '-A PREROUTING -j custom-PREROUTING',
    '-A PREROUTING -j x',
  ];
  const missing = missingBaseChains('nat', parseSavedTable(lines.join('\n'), 'nat'));
  expect(textOf('nat', missing).split('\n').slice(1, -2)).toEqual([
    '-N custom-POSTROUTING',
    '-A POSTROUTING -j custom-POSTROUTING',
  ]);
});

test.each(readdirSync(NEUTRON))("Neutron's rules in %s are read, and none is taken for a rule of praas", (file) => {
  const table = parseSavedTable(readFileSync(new URL(file, NEUTRON), 'utf8'), 'nat');
  expect(table.chains.size).toBeGreaterThan(5);
  expect(table.rules.length).toBeGreaterThan(5);
  expect(table.rules.flatMap(({ chain, words }) => parseRule(chain, words) ?? [])).toEqual([]);
  expect(missingBaseChains('nat', table)).toHaveLength(4);
});

test('no rule contains the name of the L3 agent, which would manage it', () => {
  fc.assert(
    fc.property(forward, (item) => {
      for (const rule of rulesOf(item)) expect(renderRule(rule)).not.toContain('neutron');
    }),
  );
});

test.each([
  [
    '-d 203.0.113.10/32 -p tcp -m tcp --dport 4022 -j DNAT --to-destination 10.0.0.1:22',
    'tcp 203.0.113.10/32 4022-4022',
  ],
  ['-p udp -m udp --dport 5000:5010 -j REDIRECT --to-ports 53', 'udp 0.0.0.0/0 5000-5010'],
  [
    '-p tcp -m multiport --dports 80,443,1000:1010 -j DNAT --to-destination 10.0.0.1',
    'tcp 0.0.0.0/0 80-80; tcp 0.0.0.0/0 443-443; tcp 0.0.0.0/0 1000-1010',
  ],
  ['-d 203.0.113.20/32 -j DNAT --to-destination 10.0.0.1', 'tcp 203.0.113.20/32 1-65535; udp 203.0.113.20/32 1-65535'],
  ['! -d 203.0.113.20/32 -p tcp -m tcp --dport 9 -j DNAT --to-destination 10.0.0.1', 'tcp 0.0.0.0/0 9-9'],
  ['-p tcp -m tcp ! --dport 9 -j DNAT --to-destination 10.0.0.1', 'tcp 0.0.0.0/0 1-65535'],
  ['-p tcp -m tcp --dport 4022 -j ACCEPT', ''],
  ['-p icmp -j DNAT --to-destination 10.0.0.1', ''],
])('the unmanaged rule %s takes %s', (text, expected) => {
  const ports = portsInUse({ chain: 'custom-PREROUTING', text, words: wordsOf(text) });
  expect(ports.map(({ protocol, cidr, first, last }) => `${protocol} ${cidr} ${first}-${last}`).join('; ')).toBe(
    expected,
  );
});
