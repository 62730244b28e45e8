import { describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { asOf, settledStatus } from '../../../src/pat/plan/status.ts';
import { FACTS, MAPPING, NOW } from '../../support/samples.ts';

const now = new Date(NOW);
const expired: Mapping = { ...MAPPING, expires_at: '2029-12-31T23:59:59Z' };
const later: Mapping = { ...MAPPING, expires_at: '2030-01-01T00:00:01Z' };
const disabled: Mapping = { ...MAPPING, enabled: false };
const down = (status_reason: string): object => ({ status: 'DOWN', status_reason });

describe('settledStatus', () => {
  test('what is in the kernel is ACTIVE, without a reason', () => {
    expect(settledStatus(MAPPING, FACTS, now)).toEqual({ status: 'ACTIVE', status_reason: '' });
    expect(settledStatus(later, FACTS, now)).toEqual({ status: 'ACTIVE', status_reason: '' });
  });

  test('every reason for DOWN is named', () => {
    const moved = { ...FACTS, gateways: ['203.0.113.20'], addresses: ['203.0.113.20'] };

    expect(settledStatus(disabled, FACTS, now)).toEqual(down('disabled'));
    expect(settledStatus(expired, FACTS, now)).toEqual(down('expired at 2029-12-31T23:59:59Z'));
    expect(settledStatus(MAPPING, undefined, now)).toEqual(down('the router is not on this node'));
    expect(settledStatus(MAPPING, { ...FACTS, gateways: [] }, now)).toEqual(down('the router has no gateway address'));
    expect(settledStatus(MAPPING, { ...FACTS, gateways: [], standsBy: true }, now)).toEqual(
      down('the router stands by on this node: its gateway address is on another one'),
    );
    expect(settledStatus(MAPPING, moved, now)).toEqual(
      down('203.0.113.10 is not an address of the router now; it has 203.0.113.20'),
    );
  });

  test('what the mapping itself says comes before what the router says', () => {
    expect(settledStatus(disabled, undefined, now)).toEqual(down('disabled'));
    expect(settledStatus({ ...expired, enabled: false }, undefined, now)).toEqual(down('disabled'));
  });

  test('a mapping on a floating IP of the router is ACTIVE', () => {
    expect(settledStatus({ ...MAPPING, gateway_ip: '203.0.113.11' }, FACTS, now).status).toBe('ACTIVE');
  });
});

describe('asOf', () => {
  test('a mapping stays as it was noted while its time and its router are there', () => {
    expect(asOf(MAPPING, now, true)).toEqual(MAPPING);
    const refused: Mapping = { ...MAPPING, status: 'DOWN', status_reason: 'the router has no gateway address' };
    expect(asOf(refused, now, true)).toEqual(refused);
  });

  test('it goes DOWN by time alone, or with its router, and nothing else of it changes', () => {
    expect(asOf(expired, now, true)).toEqual({ ...expired, ...down('expired at 2029-12-31T23:59:59Z') });
    expect(asOf(MAPPING, now, false)).toEqual({ ...MAPPING, ...down('the router is not on this node') });
    expect(asOf(disabled, now, false)).toEqual({ ...disabled, ...down('disabled') });
  });

  test('agrees with what the agent notes, and does not change what it is given', () => {
    for (const mapping of [MAPPING, expired, later, disabled]) {
      const before = structuredClone(mapping);

      expect(asOf(mapping, now, false)).toMatchObject(settledStatus(mapping, undefined, now));
      expect(asOf(mapping, now, true)).toMatchObject(settledStatus(mapping, FACTS, now));
      expect(mapping).toEqual(before);
    }
  });
});
