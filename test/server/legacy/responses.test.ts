/** The messages of the legacy API, which the Proxy CLI prints: written down in a golden file, one line each. */
import { expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import * as responses from '../../../src/server/legacy/responses.ts';
import { expectGolden } from '../../support/golden.ts';
import { MAPPING, ROUTER } from '../../support/samples.ts';

const DOWN = {
  ...MAPPING,
  router_port: 4003,
  status: 'DOWN',
  status_code: 'ROUTER_ABSENT',
  status_reason: 'the router is not on this node',
} as const;

const OPEN = '203.0.113.10:4000/tcp may still be open: a rule of another program translates it: -A PREROUTING\n-j DNAT';

const RESPONSES: readonly responses.LegacyResponse[] = [
  responses.created(MAPPING),
  responses.created(DOWN),
  responses.alreadyCreated(MAPPING),
  responses.removed(MAPPING, []),
  responses.removed(MAPPING, [OPEN]),
  responses.notFoundToRemove(MAPPING),
  responses.moved(MAPPING, { ...MAPPING, router_port: 4003 }, []),
  responses.moved(MAPPING, { ...MAPPING, router_port: 4003 }, [OPEN]),
  responses.moved(MAPPING, DOWN, []),
  responses.notFoundToMove(MAPPING),
  responses.portUsed(MAPPING, 4000),
  responses.portUsed(MAPPING, 500, '203.0.113.10:500/tcp is reserved for services of the router'),
  responses.failure(praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: ['a', 'b'] }), 'req-1').body,
  responses.failure(new TypeError('secret'), 'req-1').body,
];

test('each message is one line, also with the output of a tool in it', () => {
  const refused = praasError('KERNEL_REFUSED', { router: ROUTER, line: '-A x', output: 'No such file\nline 2' });

  for (const { message } of [...RESPONSES, responses.failure(refused, 'req-1').body])
    expect(message).toMatch(/^\P{Cc}+$/u);
});

test('messages', () => {
  expectGolden(
    'texts/pat.legacy.txt',
    `${RESPONSES.map(({ status, message }) => `${status}: ${message}`).join('\n')}\n`,
  );
});
