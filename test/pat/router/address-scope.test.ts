import { expect, test } from '@jest/globals';
import {
  hasNewInterface,
  type ScopeMarks,
  scopeMarkFor,
  withScopeMarks,
} from '../../../src/pat/router/address-scope.ts';
import { FACTS } from '../../support/samples.ts';

const MARK = 0x4010000;
const FAR: ScopeMarks = new Map([
  ['qr-near', undefined],
  ['qr-far', MARK],
]);
const facts = {
  ...FACTS,
  inside: [
    { cidr: '10.0.0.0/8', isNeutron: false, interface: 'qr-near' },
    { cidr: '10.20.0.0/24', isNeutron: true, interface: 'qr-far' },
    { cidr: '192.168.0.0/24', isNeutron: true, interface: 'qr-near' },
  ],
};

test('a server gets the mark of the interface with the longest matching prefix', () => {
  const marked = withScopeMarks(facts, FAR);
  expect(scopeMarkFor(marked, '10.20.0.51')).toBe(MARK);
  expect(scopeMarkFor(marked, '10.20.1.51')).toBeUndefined();
  expect(scopeMarkFor(marked, '192.168.0.7')).toBeUndefined();
  expect(scopeMarkFor(marked, '172.16.0.1')).toBeUndefined();
});

test('facts of a router that needs no marks stay unchanged', () => {
  expect(withScopeMarks(facts, new Map())).toBe(facts);
  expect(withScopeMarks(facts, new Map([['qr-far', undefined]]))).toBe(facts);
});

test('a Neutron interface without a mark is new', () => {
  expect(hasNewInterface(FAR, facts)).toBe(false);
  expect(hasNewInterface(new Map([['qr-far', MARK]]), facts)).toBe(true);
  const routed = { ...facts, inside: [{ cidr: '10.0.0.0/8', isNeutron: false, interface: 'tun0' }] };
  expect(hasNewInterface(FAR, routed)).toBe(false);
});

test('a router without address scopes has no new interface', () => {
  expect(hasNewInterface(new Map(), facts)).toBe(false);
});
