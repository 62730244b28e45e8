/** Random forwards, rules and unmanaged rules for property tests. */
import fc from 'fast-check';
import { canonicalCidrs } from '../../src/core/values/ipv4.ts';
import type { Forward } from '../../src/pat/mapping/forward.ts';

const byte = fc.nat(255);

export const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
export const port = fc.integer({ min: 1, max: 65535 });
export const cidr = fc.tuple(ipv4, fc.integer({ min: 1, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`);

export const forward: fc.Arbitrary<Forward> = fc.record({
  mapping_id: fc.uuid(),
  protocol: fc.constantFrom('tcp', 'udp'),
  gateway_ip: ipv4,
  router_port: port,
  server_ip: ipv4,
  server_port: port,
  allowed_cidrs: fc.array(cidr, { maxLength: 4 }).map(canonicalCidrs),
  masquerade: fc.boolean(),
  scopeMark: fc.option(
    fc.integer({ min: 1, max: 0xffff }).map((scope) => scope * 0x10000),
    { nil: undefined },
  ),
});

/** Forwards with different ids and endpoints, as a store holds them. */
export const forwards: fc.Arbitrary<Forward[]> = fc
  .uniqueArray(forward, { maxLength: 12, selector: ({ mapping_id }) => mapping_id })
  .map((list) => list.map((item, index) => ({ ...item, router_port: 1000 + index })));

/** Unmanaged rules in the chains of praas, as iptables-save prints them. */
export const unmanagedRule: fc.Arbitrary<string> = fc.oneof(
  port.map(
    (number) => `-A custom-PREROUTING -p tcp -m tcp --dport ${number} -j DNAT --to-destination 192.168.21.227:22`,
  ),
  ipv4.map((address) => `-A custom-POSTROUTING -d ${address}/32 -p tcp -m tcp --dport 22 -j MASQUERADE`),
  fc.constantFrom(
    '-A custom-PREROUTING -m comment --comment "praas:not-an-id" -j RETURN',
    '-A custom-PREROUTING -m comment --comment "see praas:0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11" -j RETURN',
    '-A custom-PREROUTING -m comment --comment "it\\\'s \\"quoted\\" \\\\ here" -j RETURN',
    '-A PREROUTING -m comment --comment "praas:0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11" -j RETURN',
  ),
);
