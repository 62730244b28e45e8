// The rules of Neutron's L3 agent for address scopes, as iptables-save prints them.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseSavedTable } from '../../../src/netfilter/iptables/save.ts';
import { type ReadScopes, readScopes } from '../../../src/netfilter/iptables/scopes.ts';

const NEUTRON = new URL('../../golden/neutron/', import.meta.url);

function read(saved: string): ReadScopes {
  return readScopes('qrouter-1', parseSavedTable(saved, 'mangle'), parseSavedTable(saved, 'filter'));
}

/** Both tables with these rules in the agent's chains. */
function scopes(coming: readonly string[], leaving: readonly string[]): ReadScopes {
  const table = (name: string, rules: readonly string[]): string[] => [
    `*${name}`,
    ':neutron-l3-agent-scope - [0:0]',
    ...rules.map((rule) => `[3:180] -A neutron-l3-agent-scope ${rule}`),
    'COMMIT',
  ];
  return read([...table('mangle', coming), ...table('filter', leaving)].join('\n'));
}

const comes = (name: string, mark: string): string => `-i ${name} -j MARK --set-xmark ${mark}/0xffff0000`;
const leaves = (name: string, mark: string): string => `-o ${name} -m mark ! --mark ${mark}/0xffff0000 -j DROP`;

test('in a real router with an address scope, its inside interface needs the mark of the scope', () => {
  const saved = readFileSync(new URL('6-router-with-address-scope.iptables-save', NEUTRON), 'utf8');
  expect(read(saved)).toEqual({ marks: new Map([['qr-04b95272-24', 0x4010000]]), warnings: [] });
});

test.each(['1-router-only', '2-with-floatingip-port-forwarding', '4-with-plain-floatingip', '7-ha-router'])(
  'in a real router without address scopes (%s) no interface needs a mark',
  (name) => {
    const { marks, warnings } = read(readFileSync(new URL(`${name}.iptables-save`, NEUTRON), 'utf8'));
    expect([...marks.values()].filter((mark) => mark !== undefined)).toEqual([]);
    expect(warnings).toEqual([]);
  },
);

test('each inside interface is compared with what comes in by the gateway, whichever scope that is in', () => {
  const coming = [comes('qr-a', '0x4000000'), comes('qr-b', '0x4020000'), comes('qg-1', '0x4010000')];
  const leaving = [leaves('qr-a', '0x4000000'), leaves('qr-b', '0x4020000'), leaves('qr-c', '0x4010000')];
  const { marks } = scopes(coming, leaving);
  expect([...marks]).toEqual([
    ['qr-a', 0x4000000],
    ['qr-b', 0x4020000],
    ['qr-c', undefined],
  ]);
});

test('a router with two gateway interfaces in different scopes marks for the one that differs', () => {
  const coming = [comes('qg-1', '0x4000000'), comes('qg-2', '0x4010000')];
  expect(scopes(coming, [leaves('qr-a', '0x4000000')]).marks.get('qr-a')).toBe(0x4000000);
});

test('without a gateway nothing comes in, so nothing needs a mark', () => {
  expect([...scopes([], [leaves('qr-a', '0x4010000')]).marks]).toEqual([['qr-a', undefined]]);
});

test('a namespace without rules of address scopes needs no marks', () => {
  expect(read('*nat\n-A PREROUTING -j ACCEPT\nCOMMIT\n')).toEqual({ marks: new Map(), warnings: [] });
});

test('a rule that drops misdirected requests for metadata is not for a scope, and causes no warning', () => {
  const { warnings } = scopes([comes('qg-1', '0x4000000')], ['-m mark --mark 0x1/0xffff -j DROP']);
  expect(warnings).toEqual([]);
});

test.each([
  ['mangle', ['-i qg-1 -j CONNMARK --restore-mark'], []],
  ['filter', [], ['-o qr-a -m mark ! --mark 0x4010000/0xff000000 -j DROP']],
])('an unknown rule in %s is in a warning', (_, coming, leaving) => {
  const { warnings } = scopes(coming, leaving);
  const text = expect.stringContaining([...coming, ...leaving][0] ?? '');
  expect(warnings).toEqual([{ code: 'UNKNOWN_SCOPE_RULE', text }]);
});

test('without SNAT, a server in another scope than the gateway is a warning, one in the same scope is not', () => {
  const coming = [comes('qg-1', '0x4000000')];
  const gateway = leaves('qg-1', '0x4000000');
  expect(scopes(coming, [leaves('qr-a', '0x4010000'), gateway]).warnings).toEqual([
    { code: 'REPLIES_DROPPED', text: expect.stringContaining('qr-a') },
  ]);
  expect(scopes(coming, [leaves('qr-a', '0x4000000'), gateway]).warnings).toEqual([]);
});
