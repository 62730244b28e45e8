import { describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { type Reason, reason, reasonText } from '../../../src/pat/mapping/reasons.ts';
import { statusOf, withCurrentStatus } from '../../../src/pat/plan/status.ts';
import { FACTS, MAPPING, NOW } from '../../support/samples.ts';

const now = new Date(NOW);
const expired: Mapping = { ...MAPPING, expires_at: '2029-12-31T23:59:59Z' };
const later: Mapping = { ...MAPPING, expires_at: '2030-01-01T00:00:01Z' };
const disabled: Mapping = { ...MAPPING, enabled: false };
const down = (why: Reason): object => ({ status: 'DOWN', status_code: why.code, status_reason: reasonText(why) });

describe('statusOf', () => {
  test('a published mapping is ACTIVE, without a reason', () => {
    expect(statusOf(MAPPING, FACTS, now)).toEqual({ status: 'ACTIVE', status_code: null, status_reason: '' });
    expect(statusOf(later, FACTS, now)).toEqual({ status: 'ACTIVE', status_code: null, status_reason: '' });
  });

  test('each reason for DOWN has its code', () => {
    const moved = { ...FACTS, gateways: ['203.0.113.20'], addresses: ['203.0.113.20'] };

    expect(statusOf(disabled, FACTS, now)).toEqual(down(reason('DISABLED')));
    expect(statusOf(expired, FACTS, now)).toEqual(down(reason('EXPIRED', { expires_at: '2029-12-31T23:59:59Z' })));
    expect(statusOf(MAPPING, undefined, now)).toEqual(down(reason('ROUTER_ABSENT')));
    expect(statusOf(MAPPING, { ...FACTS, gateways: [] }, now)).toEqual(down(reason('NO_GATEWAY_ADDRESS')));
    expect(statusOf(MAPPING, { ...FACTS, gateways: [], isStandby: true }, now)).toEqual(down(reason('ROUTER_STANDBY')));
    expect(statusOf(MAPPING, moved, now)).toEqual(
      down(reason('GATEWAY_ADDRESS_GONE', { gateway_ip: '203.0.113.10', gateway_ips: ['203.0.113.20'] })),
    );
  });

  test('the reasons of the mapping come before those of the router', () => {
    expect(statusOf(disabled, undefined, now)).toEqual(down(reason('DISABLED')));
    expect(statusOf({ ...expired, enabled: false }, undefined, now)).toEqual(down(reason('DISABLED')));
  });

  test('a mapping on a floating IP of the router is ACTIVE', () => {
    expect(statusOf({ ...MAPPING, gateway_ip: '203.0.113.11' }, FACTS, now).status).toBe('ACTIVE');
  });
});

describe('withCurrentStatus', () => {
  test('a mapping keeps its stored status while it has not expired and its router is on this node', () => {
    expect(withCurrentStatus(MAPPING, now, true)).toEqual(MAPPING);
    const refused: Mapping = {
      ...MAPPING,
      status: 'DOWN',
      status_code: 'NO_GATEWAY_ADDRESS',
      status_reason: 'no address',
    };
    expect(withCurrentStatus(refused, now, true)).toEqual(refused);
  });

  test('it is DOWN after its expiry once that is recorded or its router is gone, and before that its port may be open', () => {
    const { expires_at } = { expires_at: '2029-12-31T23:59:59Z' };
    const closed = down(reason('EXPIRED', { expires_at }));
    const open = { ...down(reason('EXPIRY_PENDING', { expires_at })), status: 'PENDING' };
    const recorded: Mapping = { ...expired, ...statusOf(expired, FACTS, now) };
    expect(withCurrentStatus(expired, now, true)).toEqual({ ...expired, ...open });
    expect(withCurrentStatus({ ...expired, status: 'PENDING' }, now, true)).toEqual({ ...expired, ...open });
    expect(withCurrentStatus(recorded, now, true)).toEqual({ ...expired, ...closed });
    expect(withCurrentStatus(expired, now, false)).toEqual({ ...expired, ...closed });
  });

  test('it is not DOWN before it is recorded that a disabled mapping has no rules', () => {
    const pending = { status: 'PENDING', status_code: null, status_reason: '' };
    expect(withCurrentStatus({ ...disabled, status: 'PENDING' }, now, true)).toEqual({ ...disabled, ...pending });
    const recorded: Mapping = { ...disabled, ...statusOf(disabled, FACTS, now) };
    expect(withCurrentStatus(recorded, now, true)).toEqual(recorded);
  });

  test('it is DOWN without its router, and nothing else changes', () => {
    expect(withCurrentStatus(MAPPING, now, false)).toEqual({ ...MAPPING, ...down(reason('ROUTER_ABSENT')) });
    expect(withCurrentStatus(disabled, now, false)).toEqual({ ...disabled, ...down(reason('DISABLED')) });
  });

  test('it agrees with statusOf, and does not change its argument', () => {
    for (const mapping of [MAPPING, expired, later, disabled]) {
      const before = structuredClone(mapping);

      expect(withCurrentStatus(mapping, now, false)).toMatchObject(statusOf(mapping, undefined, now));
      const recorded: Mapping = { ...mapping, ...statusOf(mapping, FACTS, now) };
      expect(withCurrentStatus(recorded, now, true)).toEqual(recorded);
      expect(mapping).toEqual(before);
    }
  });
});
