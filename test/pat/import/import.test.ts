// Which unmanaged rules become mappings, from the lines of iptables-save to the decision.
import { describe, expect, test } from '@jest/globals';
import type { Situation } from '../../../src/pat/change/situation.ts';
import { decideImport, type ImportDecision } from '../../../src/pat/import/import.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { POLICY } from '../../support/fake-node.ts';
import { FACTS, GATEWAY, idOf, MAPPING, NOW, recordWith } from '../../support/samples.ts';
import { pythonRules, unmanagedOf } from '../../support/unmanaged-rules.ts';

const SSH = '10.20.0.51:22';
const OTHER = '10.20.0.52:22';

function decide(lines: readonly string[], changes: Partial<Situation> = {}, facts = FACTS): ImportDecision {
  let ids = 0;
  const router = { facts, ...unmanagedOf(...lines) };
  const situation = { record: recordWith([]), router, settings: POLICY, now: new Date(NOW), force: false, ...changes };
  return decideImport(situation, () => idOf(++ids));
}
const dnat = (options: string, to = SSH): string =>
  `-A custom-PREROUTING ${options} -j DNAT --to-destination ${to}`.replace('  ', ' ');
const port = (options: string, to = SSH): string => dnat(`${options} -p tcp -m tcp --dport 4022`.trim(), to);
const MASQUERADE = pythonRules(4022, SSH)[1] ?? '';
const mappings = ({ delta }: ImportDecision): readonly Partial<Mapping>[] =>
  (delta.put ?? []).map(({ protocol, gateway_ip, router_port, server_ip, server_port, allowed_cidrs, masquerade }) => ({
    publishes: `${gateway_ip}:${router_port}/${protocol} ${server_ip}:${server_port}`,
    allowed_cidrs,
    masquerade,
  }));
const results = ({ rules }: ImportDecision): string[] => rules.map(({ result }) => result);
const published = { publishes: `${GATEWAY}:4022/tcp ${SSH}`, allowed_cidrs: [], masquerade: 'never' };

describe('a rule that a mapping can replace', () => {
  test('of the Python version, with its MASQUERADE rule: the mapping masquerades, and both rules are removed', () => {
    const lines = pythonRules(4022, SSH);
    const decided = decide(lines);
    expect(mappings(decided)).toEqual([{ ...published, masquerade: 'always' }]);
    expect(decided.delta.adopting).toEqual(lines);
    expect(decided.rules).toEqual([{ rule: lines[0], result: 'imported', mappingIds: [idOf(1)], reason: undefined }]);
    expect(decided.delta.put).toMatchObject([{ id: idOf(1), project_id: null, status: 'PENDING' }]);
  });

  test('without a MASQUERADE rule for exactly its server and port: the mapping does not masquerade', () => {
    for (const other of [
      pythonRules(1, '10.20.0.51:23')[1],
      pythonRules(1, OTHER)[1],
      pythonRules(1, SSH, 'udp')[1],
      '-A custom-POSTROUTING -d 10.20.0.51/32 -j MASQUERADE',
      MASQUERADE.replace('-d ', '-s 198.51.100.0/24 -d '),
      MASQUERADE.replace('MASQUERADE', 'MASQUERADE --random'),
    ]) {
      const decided = decide([port(''), other ?? '']);
      expect(mappings(decided)).toEqual([published]);
      expect(decided.delta.adopting).toEqual([port('')]);
    }
  });

  test.each([
    ['its gateway', port(`-d ${GATEWAY}/32`)],
    ['a comment', port('').replace('-j', '-m comment --comment "made by hand" -j')],
    ['no server port, which is the same port then', port('', '10.20.0.51').replace('4022', '22')],
    ['UDP', port('', '10.20.0.51:53').replaceAll('tcp', 'udp')],
    ['a reserved port outside of the range', port('').replace('4022', '500')],
  ])('with %s', (_, line) => {
    const decided = decide([line]);
    expect(results(decided)).toEqual(['imported']);
    expect(decided.delta.adopting).toEqual([line]);
    expect(mappings(decided)).toHaveLength(1);
  });

  test('keeps its port: protocol, router port, server and port are the same', () => {
    const decided = decide([
      port('', '10.20.0.51:53').replaceAll('tcp', 'udp'),
      port('', '10.20.0.51').replace('4022', '500'),
    ]);
    expect(mappings(decided).map((each) => Reflect.get(each, 'publishes'))).toEqual([
      `${GATEWAY}:4022/udp 10.20.0.51:53`,
      `${GATEWAY}:500/tcp 10.20.0.51:500`,
    ]);
  });

  test('is imported also where a process listens on its port in the router', () => {
    const router = { facts: FACTS, ...unmanagedOf(port('')) };
    const listener = {
      protocol: 'tcp',
      cidr: '0.0.0.0/0',
      first: 4022,
      last: 4022,
      kind: 'listener',
      text: ':4022',
    } as const;
    const decided = decide([], { router: { ...router, portsInUse: [...router.portsInUse, listener] } });
    expect(results(decided)).toEqual(['imported']);
  });

  test('for several networks is one mapping that allows them', () => {
    const lines = [port('-s 198.51.100.0/24'), port('-s 192.0.2.7/32')];
    const decided = decide(lines);
    expect(mappings(decided)).toEqual([{ ...published, allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'] }]);
    expect(decided.rules.map(({ mappingIds }) => mappingIds)).toEqual([[idOf(1)], [idOf(1)]]);
    expect(mappings(decide([...lines, port('')]))).toEqual([published]);
  });

  test('for every address is a mapping on each gateway address', () => {
    const facts = { ...FACTS, gateways: [GATEWAY, '203.0.113.11'] };
    const decided = decide([port('')], {}, facts);
    expect(decided.delta.put?.map(({ gateway_ip }) => gateway_ip)).toEqual(facts.gateways);
    expect(decided.rules).toMatchObject([{ result: 'imported', mappingIds: [idOf(1), idOf(2)] }]);
  });
});

describe('of several rules for one port', () => {
  test('two equal rules become one mapping, and both are removed', () => {
    const decided = decide([port(''), port(''), MASQUERADE, MASQUERADE]);
    expect(results(decided)).toEqual(['imported', 'imported']);
    expect(mappings(decided)).toEqual([{ ...published, masquerade: 'always' }]);
    expect(decided.delta.adopting).toEqual([port(''), MASQUERADE]);
  });

  test('the first wins, and rules that never match are deleted', () => {
    const dead = [port('', OTHER), port(`-s 192.0.2.7/32 -d ${GATEWAY}/32`, OTHER)];
    const decided = decide([port(''), ...dead]);
    expect(results(decided)).toEqual(['imported', 'deleted', 'deleted']);
    expect(mappings(decided)).toEqual([published]);
    expect(decided.delta.adopting).toEqual([port(''), ...dead]);
    expect(decided.rules[1]?.reason).toEqual({ code: 'SHADOWED' });
  });

  test('rules with different servers, depending on the source, all stay', () => {
    const decided = decide([port('-s 198.51.100.0/24'), port('', OTHER), port('-s 192.0.2.7/32'), MASQUERADE]);
    expect(results(decided)).toEqual(['kept', 'kept', 'kept']);
    expect(decided.rules[0]?.reason).toEqual({ code: 'SEVERAL_SERVERS' });
    expect(decided.delta).toEqual({});
  });
});

describe('kept, with the reason, is a rule', () => {
  test.each([
    [dnat('-p tcp -m tcp --dport 4000:4100'), { code: 'NOT_ONE_ROUTER_PORT' }],
    [dnat('-p tcp -m multiport --dports 4022,4023'), { code: 'OPTION_NOT_SUPPORTED', option: '-m multiport' }],
    [port('-i qg-1841a257-44'), { code: 'OPTION_NOT_SUPPORTED', option: '-i qg-1841a257-44' }],
    [port('! -s 192.0.2.7/32'), { code: 'OPTION_NOT_SUPPORTED', option: '! -s' }],
    [port('').replace('-j', '-m conntrack --ctstate NEW -j'), { code: 'OPTION_NOT_SUPPORTED', option: '-m conntrack' }],
    [`${port('')} --random`, { code: 'OPTION_NOT_SUPPORTED', option: '--random' }],
    [dnat('-p tcp'), { code: 'NOT_ONE_ROUTER_PORT' }],
    [dnat(`-d ${GATEWAY}/32`), { code: 'PROTOCOL_NOT_SUPPORTED' }],
    [dnat('-p sctp -m sctp --dport 4022'), { code: 'OPTION_NOT_SUPPORTED', option: '-m sctp' }],
    [port('', '10.20.0.51-10.20.0.59:22'), { code: 'NOT_ONE_SERVER_PORT' }],
    [port('', '10.20.0.51:22-29'), { code: 'NOT_ONE_SERVER_PORT' }],
    [port('-d 203.0.113.0/24'), { code: 'NOT_ONE_GATEWAY_ADDRESS' }],
    ['-A custom-PREROUTING -p tcp -m tcp --dport 4022 -j REDIRECT --to-ports 22', { code: 'TARGET_NOT_DNAT' }],
    ['-A custom-PREROUTING -p tcp -m tcp --dport 4022 -j REJECT', { code: 'TARGET_NOT_DNAT' }],
  ])('that no mapping can express: %s', (line, reason) => {
    const decided = decide([line, MASQUERADE]);
    expect(decided).toMatchObject({ delta: {}, ids: [], rules: [{ rule: line, result: 'kept', mappingIds: [] }] });
    expect(decided.rules[0]?.reason).toEqual(reason);
  });

  test.each([
    [port('-d 203.0.113.11/32'), { code: 'NOT_A_GATEWAY_ADDRESS', address: '203.0.113.11' }],
    [
      port('', '10.99.0.1:22'),
      { code: 'SERVER_NOT_BEHIND_ROUTER', facts: { cause: 'NOT_CONNECTED', server_ip: '10.99.0.1' } },
    ],
    [
      port('', '10.20.0.255:22'),
      { code: 'SERVER_NOT_BEHIND_ROUTER', facts: { cause: 'NETWORK_ADDRESS', server_ip: '10.20.0.255' } },
    ],
  ])('with addresses that are not of this router: %s', (line, reason) => {
    const decided = decide([line, MASQUERADE]);
    expect(decided).toMatchObject({ delta: {}, ids: [], rules: [{ rule: line, result: 'kept', mappingIds: [] }] });
    expect(decided.rules[0]?.reason).toMatchObject(reason);
  });

  test('on a router without a gateway address', () => {
    const decided = decide([port('')], {}, { ...FACTS, gateways: [] });
    expect(decided.rules[0]?.reason).toEqual({ code: 'NO_GATEWAY_ADDRESS' });
  });

  test.each([
    dnat('-p tcp -m tcp --dport 4000:4100', OTHER),
    '-A custom-PREROUTING -s 192.0.2.7/32 -p tcp -m tcp --dport 4022 -j RETURN',
    '-A custom-PREROUTING -g somewhere',
    '-A PREROUTING -p tcp -m tcp --dport 4022 -j DNAT --to-destination 10.20.0.52:22',
  ])('whose packets a rule that stays may match: %s', (staying) => {
    for (const lines of [
      [port(''), staying],
      [staying, port('')],
    ]) {
      const decided = decide(lines);
      expect(decided.delta).toEqual({});
      const reason = { code: 'OVERLAPS', rule: staying };
      expect(decided.rules.find(({ rule }) => rule === port(''))).toMatchObject({ result: 'kept', reason });
    }
  });

  test('but not beside rules without effect, or for other ports, protocols or addresses', () => {
    const around = [
      '-A custom-PREROUTING -j LOG',
      '-A custom-PREROUTING -p tcp',
      '-A custom-PREROUTING -p udp -m udp --dport 4022 -j RETURN',
      '-A custom-PREROUTING -d 203.0.113.11/32 -j RETURN',
      dnat('-p tcp -m tcp --dport 5000:5100', OTHER),
    ];
    const decided = decide([...around, port('')]);
    expect(results(decided)).toEqual([...around.map(() => 'kept'), 'imported']);
  });

  test('and the MASQUERADE rule that it needs, which the mapping does not need', () => {
    const lines = [port(''), MASQUERADE];
    for (const staying of [
      port('-i lo').replace('4022', '9000'),
      dnat('-p tcp -m tcp --dport 80', '10.20.0.51-10.20.0.53'),
    ]) {
      const decided = decide([...lines, staying]);
      expect(decided.delta.adopting).toEqual([port('')]);
      expect(mappings(decided)).toEqual([{ ...published, masquerade: 'always' }]);
    }
    expect(decide([...lines, port('-i lo', OTHER).replace('4022', '9000')]).delta.adopting).toEqual(lines);
  });
});

describe('a rule for the port of an existing mapping', () => {
  const present = { ...MAPPING, router_port: 4022 };
  const withMapping = (changes: Partial<Mapping> = {}): Partial<Situation> => ({
    record: recordWith([{ ...present, ...changes }], { adopting: ['-A something'] }),
  });

  test('that does the same is removed, and no mapping is created', () => {
    const decided = decide([port(''), port('', OTHER)], withMapping());
    expect(decided.rules).toMatchObject([{ result: 'existing', mappingIds: [present.id] }, { result: 'deleted' }]);
    expect(decided).toMatchObject({ ids: [], delta: { adopting: ['-A something', port(''), port('', OTHER)] } });
    expect(decided.delta.put).toBeUndefined();
    expect(results(decide([port('-s 192.0.2.7/32')], withMapping()))).toEqual(['existing']);
    expect(results(decide([port('-s 192.0.2.7/32')], withMapping({ allowed_cidrs: ['192.0.2.7/32'] })))).toEqual([
      'existing',
    ]);
  });

  test.each([
    [{ server_port: 23 }, 'MAPPING_TO_OTHER_SERVER'],
    [{ enabled: false }, 'MAPPING_NOT_EFFECTIVE'],
    [{ allowed_cidrs: ['192.0.2.7/32'] }, 'MAPPING_WITH_OTHER_NETWORKS'],
  ])('stays when the mapping has %j', (changes, code) => {
    const decided = decide([port('')], withMapping(changes));
    expect(decided).toMatchObject({ delta: {}, rules: [{ result: 'kept', mappingIds: [] }] });
    expect(decided.rules[0]?.reason).toEqual({ code, mappingId: present.id });
  });
});
