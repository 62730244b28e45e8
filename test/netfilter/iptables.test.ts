import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NetfilterDataplane } from '../../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../../src/netfilter/iptables/backend.ts';
import { claimsOf } from '../../src/netfilter/iptables/claims.ts';
import { missingFrame, touchesBuiltIn } from '../../src/netfilter/iptables/frame.ts';
import { parseRule, renderRule } from '../../src/netfilter/iptables/rule.ts';
import { parseSavedTable, wordsOf } from '../../src/netfilter/iptables/save.ts';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NftablesBackend } from '../../src/netfilter/nftables/backend.ts';
import { rulesOf } from '../../src/netfilter/rules.ts';
import { forwardKey } from '../../src/pat/forward.ts';
import { isEmptyPlan, plan } from '../../src/pat/plan.ts';
import type { Exec } from '../../src/system/exec.ts';
import { foreignRule, forward, forwards } from '../support/arbitrary.ts';
import { counted, EMPTY_NAT, restore } from '../support/iptables-model.ts';

const NEUTRON = new URL('../golden/neutron/', import.meta.url);

/** A node where `null` (of /dev) passes for a namespace, with the model in place of the kernel. */
function modelledDataplane(saved: string[]): { dataplane: NetfilterDataplane; saved: () => string[] } {
  let lines = saved;
  const exec: Exec = async ({ args, input }) => {
    const done = (stdout: string) => ({ exit_code: 0, stdout, stderr: '' });
    if (args.includes('iptables-save')) {
      const shown = args.includes('-c') ? counted(lines) : lines;
      return done(`${shown.join('\n')}\nCOMMIT\n`);
    }
    if (args.includes('iptables-restore')) {
      lines = restore(lines, input ?? '');
      return done('');
    }
    return args.includes('nft') ? { exit_code: 1, stdout: '', stderr: 'No such file or directory' } : done('');
  };
  const namespaces = new Namespaces(exec, '/dev');
  const iptables = new IptablesBackend(namespaces, { wait_seconds: 1, neutron_lock_path: [] });
  const dataplane = new NetfilterDataplane(namespaces, iptables, new NftablesBackend(namespaces));
  return { dataplane, saved: () => lines };
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
      const { dataplane, saved } = modelledDataplane([...EMPTY_NAT, ...chains, ...first]);
      const settle = async (desired: typeof after) => {
        const observed = await dataplane.observe('null');
        const changes = plan(desired, observed.forwards, desired.length > 0 ? observed.frame : undefined);
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
      expect(isEmptyPlan(await settle(after))).toBe(true);
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

  const framed = parseSavedTable(restore(EMPTY_NAT, frame.join('\n')).join('\n'), 'nat');
  expect(missingFrame(framed)).toEqual([]);
  expect(touchesBuiltIn(['-N custom-PREROUTING'])).toBe(false);
});

test('rules are read with their counters and without, and are the same rules', () => {
  const rule = '-A custom-PREROUTING -d 203.0.113.10/32 -p tcp -m tcp --dport 9 -j DNAT --to-destination 10.0.0.1';
  const saved = [...EMPTY_NAT, ':custom-PREROUTING - [0:0]', rule];
  const [plain] = parseSavedTable(saved.join('\n'), 'nat').rules;
  const with_counters = saved.map((line) => line.replace(/^-A/, '[12:720] -A').replace('[0:0]', '[3:180]'));

  const { chains, rules } = parseSavedTable(with_counters.join('\n'), 'nat');

  expect(plain?.tally).toBeUndefined();
  expect(rules).toEqual([{ ...plain, tally: { packets: 12, bytes: 720 } }]);
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
  const claims = claimsOf({ chain: 'custom-PREROUTING', text, words: wordsOf(text) });
  expect(claims.map(({ protocol, cidr, first, last }) => `${protocol} ${cidr} ${first}-${last}`).join('; ')).toBe(
    expected,
  );
});
