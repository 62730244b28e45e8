import { describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { type Reason, reason, reasonText } from '../../../src/pat/mapping/reasons.ts';
import { asOf, statusOf } from '../../../src/pat/plan/status.ts';
import { FACTS, MAPPING, NOW } from '../../support/samples.ts';

const now = new Date(NOW);
const expired: Mapping = { ...MAPPING, expires_at: '2029-12-31T23:59:59Z' };
const later: Mapping = { ...MAPPING, expires_at: '2030-01-01T00:00:01Z' };
const disabled: Mapping = { ...MAPPING, enabled: false };
const down = (why: Reason): object => ({ status: 'DOWN', status_code: why.code, status_reason: reasonText(why) });

describe('statusOf', () => {
  test('what is in the kernel is ACTIVE, without a reason', () => {
    expect(statusOf(MAPPING, FACTS, now)).toEqual({ status: 'ACTIVE', status_code: null, status_reason: '' });
    expect(statusOf(later, FACTS, now)).toEqual({ status: 'ACTIVE', status_code: null, status_reason: '' });
  });

  test('every reason for DOWN is named', () => {
    const moved = { ...FACTS, gateways: ['203.0.113.20'], addresses: ['203.0.113.20'] };

    expect(statusOf(disabled, FACTS, now)).toEqual(down(reason('DISABLED')));
    expect(statusOf(expired, FACTS, now)).toEqual(down(reason('EXPIRED', { expires_at: '2029-12-31T23:59:59Z' })));
    expect(statusOf(MAPPING, undefined, now)).toEqual(down(reason('ROUTER_ABSENT')));
    expect(statusOf(MAPPING, { ...FACTS, gateways: [] }, now)).toEqual(down(reason('NO_GATEWAY_ADDRESS')));
    expect(statusOf(MAPPING, { ...FACTS, gateways: [], standsBy: true }, now)).toEqual(down(reason('ROUTER_STANDBY')));
    expect(statusOf(MAPPING, moved, now)).toEqual(
      down(reason('GATEWAY_ADDRESS_GONE', { gateway_ip: '203.0.113.10', gateway_ips: ['203.0.113.20'] })),
    );
  });

  test('what the mapping itself says comes before what the router says', () => {
    expect(statusOf(disabled, undefined, now)).toEqual(down(reason('DISABLED')));
    expect(statusOf({ ...expired, enabled: false }, undefined, now)).toEqual(down(reason('DISABLED')));
  });

  test('a mapping on a floating IP of the router is ACTIVE', () => {
    expect(statusOf({ ...MAPPING, gateway_ip: '203.0.113.11' }, FACTS, now).status).toBe('ACTIVE');
  });
});

describe('asOf', () => {
  test('a mapping stays as it was noted while its time and its router are there', () => {
    expect(asOf(MAPPING, now, true)).toEqual(MAPPING);
    const refused: Mapping = {
      ...MAPPING,
      status: 'DOWN',
      status_code: 'NO_GATEWAY_ADDRESS',
      status_reason: 'no address',
    };
    expect(asOf(refused, now, true)).toEqual(refused);
  });

  test('it goes DOWN by time alone, or with its router, and nothing else of it changes', () => {
    expect(asOf(expired, now, true)).toEqual({
      ...expired,
      ...down(reason('EXPIRED', { expires_at: '2029-12-31T23:59:59Z' })),
    });
    expect(asOf(MAPPING, now, false)).toEqual({ ...MAPPING, ...down(reason('ROUTER_ABSENT')) });
    expect(asOf(disabled, now, false)).toEqual({ ...disabled, ...down(reason('DISABLED')) });
  });

  test('agrees with what the agent notes, and does not change what it is given', () => {
    for (const mapping of [MAPPING, expired, later, disabled]) {
      const before = structuredClone(mapping);

      expect(asOf(mapping, now, false)).toMatchObject(statusOf(mapping, undefined, now));
      expect(asOf(mapping, now, true)).toMatchObject(statusOf(mapping, FACTS, now));
      expect(mapping).toEqual(before);
    }
  });
});
