import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NetfilterDataplane } from '../../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../../src/netfilter/iptables/backend.ts';
import { missingFrame, missingMarkFrame, touchesBuiltIn } from '../../src/netfilter/iptables/frame.ts';
import { claimsOf } from '../../src/netfilter/iptables/ports-in-use.ts';
import { parseRule, renderRule } from '../../src/netfilter/iptables/rule.ts';
import { parseSavedTable, wordsOf } from '../../src/netfilter/iptables/save.ts';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../src/netfilter/nftables/backend.ts';
import { rulesOf } from '../../src/netfilter/rules.ts';
import { type Forward, forwardKey } from '../../src/pat/mapping/forward.ts';
import { isEmptyChanges } from '../../src/pat/plan/changes.ts';
import { plan } from '../../src/pat/plan/plan.ts';
import type { Exec } from '../../src/system/exec.ts';
import { foreignRule, forward, forwards } from '../support/arbitrary.ts';
import { counted, EMPTY_NAT, restore, SCOPED } from '../support/iptables-model.ts';
import { pythonRules } from '../support/unmanaged-rules.ts';

const NEUTRON = new URL('../golden/neutron/', import.meta.url);

/** A node where `null` (of /dev) passes for a namespace, with the model in place of the kernel. */
function modelledDataplane(saved: string[]): {
  dataplane: NetfilterDataplane;
  saved: () => string[];
  /** Every script that was handed to iptables-restore, refused ones too. */
  scripts: string[];
} {
  let lines = saved;
  const scripts: string[] = [];
  const exec: Exec = async ({ args, input }) => {
    const done = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' });
    if (args.includes('iptables-save')) {
      const shown = args.includes('-c') ? counted(lines) : lines;
      return done(`${shown.join('\n')}\nCOMMIT\n`);
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
    return args.includes('nft') ? { exitCode: 1, stdout: '', stderr: 'No such file or directory' } : done('');
  };
  const namespaces = new Namespaces(exec, '/dev');
  const iptables = new IptablesBackend(namespaces, { waitSeconds: 1, neutron_lock_path: [] });
  const dataplane = new NetfilterDataplane(namespaces, iptables, new NftablesBackend(namespaces));
  return { dataplane, saved: () => lines, scripts };
}

test('a rule that is written and read again is the same rule', () => {
  fc.assert(
    fc.property(forward, (item) => {
      for (const rule of rulesOf(item)) {
        const [chain = '', ...words] = wordsOf(renderRule(rule));
        expect(parseRule(chain, words)).toEqual(rule);
      }
    }),
  );
});

test('a rule with our mark that somebody edited is not taken for ours as it should be', () => {
  const rules = rulesOf({
    mapping_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
    protocol: 'tcp',
    gateway_ip: '203.0.113.10',
    router_port: 4022,
    server_ip: '10.20.0.51',
    server_port: 22,
    allowed_cidrs: [],
    masquerade: false,
    scopeMark: undefined,
  });
  const [chain = '', ...words] = rules.flatMap((rule) => wordsOf(renderRule(rule)));
  expect(parseRule(chain, words)).toBeDefined();

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

test('applying a plan among rules of others gives exactly what is desired, keeps the others, and the next plan is empty', async () => {
  const lines = fc.array(foreignRule, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(forwards, forwards, lines, lines, async (before, after, first, second) => {
      const chains = [':custom-PREROUTING - [0:0]', ':custom-POSTROUTING - [0:0]'];
      const { dataplane, saved } = modelledDataplane([...SCOPED, ...EMPTY_NAT, ...chains, ...first]);
      const settle = async (desired: typeof after) => {
        const observed = await dataplane.observe('null');
        const changes = plan(desired, observed.forwards, desired.length > 0 ? observed.missingBaseChains : undefined);
        await dataplane.apply('null', changes);
        return changes;
      };
      await settle(before);
      saved().push(...second);

      await settle(after);

      const observed = await dataplane.observe('null');
      const keys = observed.forwards.map(({ forward: found }) => (found ? forwardKey(found) : 'broken'));
      expect(keys.toSorted()).toEqual(after.map(forwardKey).toSorted());
      const kept = saved().filter((line) => [...first, ...second].includes(line));
      expect(kept).toHaveLength(first.length + second.length);
      expect(isEmptyChanges(await settle(after))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('the frame is two chains and two appended jumps, and only once', () => {
  const empty = parseSavedTable(EMPTY_NAT.join('\n'), 'nat');
  const frame = missingFrame(empty);
  expect(frame).toEqual([
    '-N custom-PREROUTING',
    '-N custom-POSTROUTING',
    '-A PREROUTING -j custom-PREROUTING',
    '-A POSTROUTING -j custom-POSTROUTING',
  ]);
  expect(touchesBuiltIn(frame)).toBe(true);

  const framed = parseSavedTable(restore(EMPTY_NAT, ['*nat', ...frame].join('\n')).join('\n'), 'nat');
  expect(missingFrame(framed)).toEqual([]);
  expect(touchesBuiltIn(['-N custom-PREROUTING'])).toBe(false);
});

const BASE: Forward = {
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
const MARK =
  '-A custom-PREROUTING -d 203.0.113.10/32 -p tcp -m tcp --dport 4022 -m comment --comment "praas:0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11" -j MARK --set-xmark 0x4010000/0xffff0000';
const TRANSLATION = MARK.replace(/-j MARK.*/, '-j DNAT --to-destination 10.20.0.51:22');

test('a mark is a rule in a chain of our own in mangle, with one jump at the end', () => {
  const frame = ['-t mangle -N custom-PREROUTING', '-t mangle -A PREROUTING -j custom-PREROUTING'];
  expect(missingMarkFrame(parseSavedTable(SCOPED.join('\n'), 'mangle'))).toEqual(frame);
  const framed = ['*mangle', ':custom-PREROUTING - [0:0]', '-A PREROUTING -j custom-PREROUTING'];
  expect(missingMarkFrame(parseSavedTable(framed.join('\n'), 'mangle'))).toEqual([]);
  expect(rulesOf(BASE).map(renderRule)).toContain(MARK.slice(3));
});

test('the mark is committed before the translation that needs it, and taken away after it', async () => {
  const { dataplane, scripts } = modelledDataplane([...SCOPED, ...EMPTY_NAT]);
  const { missingBaseChains: frame } = await dataplane.observe('null');
  const shown = dataplane.render(plan([BASE], [], frame));
  await dataplane.apply('null', plan([BASE], [], frame));
  expect(scripts.map((script) => script.split('\n').at(-3))).toEqual([MARK, TRANSLATION]);
  expect(scripts.join('')).toBe(shown);

  scripts.length = 0;
  await dataplane.apply('null', plan([], (await dataplane.observe('null')).forwards));
  expect(scripts.map((script) => script.split('\n')[1])).toEqual([
    TRANSLATION.replace('-A', '-D'),
    MARK.replace('-A', '-D'),
  ]);
});

test('a change that is refused in the second table is taken back in the first', async () => {
  const { dataplane, saved, scripts } = modelledDataplane([...SCOPED, ...EMPTY_NAT]);
  const { missingBaseChains: frame } = await dataplane.observe('null');
  await dataplane.apply('null', plan([BASE], [], frame));
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
  await expect(dataplane.apply('null', impossible)).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
  expect(scripts).toHaveLength(3);
  expect(saved().toSorted()).toEqual(before);

  // The mark is not there to be taken away: by then the translations have been changed already.
  const unmarked = { ...absent, scopeMark: 0x4020000 };
  await dataplane.apply('null', plan([absent], [], undefined));
  const withAbsent = saved().toSorted();
  const last = { remove: [dataplane.expected(unmarked)], add: [other], missingBaseChains: undefined };
  await expect(dataplane.apply('null', last)).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
  expect(saved().toSorted()).toEqual(withAbsent);
});

test('rules of others that a refused change had taken away come back in their order', async () => {
  const python = ['10.20.0.51:22', '10.20.0.52:22'].map((server) => pythonRules(4022, server)[0] ?? '');
  const chains = [':custom-PREROUTING - [0:0]', ':custom-POSTROUTING - [0:0]'];
  const { dataplane, saved } = modelledDataplane([...SCOPED, ...EMPTY_NAT, ...chains, ...python]);
  const { unmanagedRules: adopt = [], missingBaseChains: frame } = await dataplane.observe('null');
  await dataplane.apply('null', plan([{ ...BASE, scopeMark: undefined }], [], frame));
  const inChain = (): string[] => saved().filter((line) => python.includes(line));

  // It has no mark that could go, which shows when the translations have been changed already.
  const remove = [dataplane.expected({ ...BASE, scopeMark: 0x4020000 })];
  const refused = dataplane.apply('null', { remove, add: [], missingBaseChains: undefined, adopt });
  await expect(refused).rejects.toMatchObject({ code: 'KERNEL_REFUSED' });
  expect(adopt).toHaveLength(2);
  expect(inChain()).toEqual(python);
});

test('a router without address scopes gets nothing in mangle', async () => {
  const { dataplane, scripts } = modelledDataplane([
    ...SCOPED.map((line) => line.replace('0x4010000', '0x4000000')),
    ...EMPTY_NAT,
  ]);
  const { missingBaseChains: frame, scopeMarks } = await dataplane.observe('null');
  expect(scopeMarks).toEqual(new Map([['qr-1', undefined]]));
  await dataplane.apply('null', plan([{ ...BASE, scopeMark: undefined }], [], frame));
  expect(scripts).toHaveLength(1);
  expect(scripts[0]).not.toContain('mangle');
});

test('our rule in the other table, where it does nothing, is not the forward', async () => {
  const misplaced = [':custom-PREROUTING - [0:0]', MARK, TRANSLATION];
  const { dataplane } = modelledDataplane([...SCOPED, ...EMPTY_NAT, ...misplaced]);
  const { forwards: found } = await dataplane.observe('null');
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

test('a jump that the Python version inserted on top counts as ours', () => {
  const lines = [
    ...EMPTY_NAT,
    ':custom-PREROUTING - [0:0]',
    '-A PREROUTING -j custom-PREROUTING',
    '-A PREROUTING -j x',
  ];
  expect(missingFrame(parseSavedTable(lines.join('\n'), 'nat'))).toEqual([
    '-N custom-POSTROUTING',
    '-A POSTROUTING -j custom-POSTROUTING',
  ]);
});

test.each(readdirSync(NEUTRON))("Neutron's rules in %s are read, and none is taken for ours", (file) => {
  const table = parseSavedTable(readFileSync(new URL(file, NEUTRON), 'utf8'), 'nat');
  expect(table.chains.size).toBeGreaterThan(5);
  expect(table.rules.length).toBeGreaterThan(5);
  expect(table.rules.flatMap(({ chain, words }) => parseRule(chain, words) ?? [])).toEqual([]);
  expect(missingFrame(table)).toHaveLength(4);
});

test("nothing that we write carries the L3 agent's name: it would take the line for its own", () => {
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
])('the rule %s of somebody else takes %s', (text, expected) => {
  const portsInUse = claimsOf({ chain: 'custom-PREROUTING', text, words: wordsOf(text) });
  expect(portsInUse.map(({ protocol, cidr, first, last }) => `${protocol} ${cidr} ${first}-${last}`).join('; ')).toBe(
    expected,
  );
});
