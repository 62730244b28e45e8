// What a daemon refuses arrives as the error that the service itself would have thrown.
import { describe, expect, test } from '@jest/globals';
import { errorOf, Problem, refusal } from '../../../src/pat/client/errors.ts';
import { CATALOGUE, type ErrorCode, PraasError, praasError } from '../../../src/pat/errors.ts';
import { problemOf } from '../../../src/server/http/problem.ts';

const URL = 'https://node:3000';
const CODES = Object.keys(CATALOGUE) as ErrorCode[];

/** As it goes over the wire. */
const told = (error: unknown): unknown => JSON.parse(JSON.stringify({ errors: [problemOf(error, 'req-1')] }));

test.each(CODES)('%s comes back as it was thrown', (code) => {
  const { kind: known } = CATALOGUE[code];
  const error = new PraasError({
    code,
    kind: known,
    message: 'what happened\n  in two lines',
    nextSteps: ['Do this.', 'Or that.'],
    facts: { n: 1, a: ['b'] },
  });

  const back = refusal(500, told(error), URL);

  const { message, kind, nextSteps, facts } = error;
  expect(back).toBeInstanceOf(PraasError);
  expect(back).toMatchObject({ code, kind, message, nextSteps, facts });
});

describe('misunderstood is', () => {
  test('a code that this praas does not know, with what the daemon says and the id of the request', () => {
    const body = {
      errors: [{ ...problemOf(praasError('MAPPING_NOT_FOUND', { id: 'x' }), 'req-7'), code: 'praas.new' }],
    };

    expect(refusal(400, body, URL)).toMatchObject({
      code: 'DAEMON_BAD_RESPONSE',
      facts: { url: URL, reason: 'praas.new: no mapping x (req-7)' },
    });
  });

  test('a mistake of the daemon, with the id by which its log has it', () => {
    const { code, facts } = refusal(500, told(new Error('inside')), URL);

    expect(code).toBe('DAEMON_BAD_RESPONSE');
    expect(facts['reason']).toMatch(/^praas\.bug: .*request id \(req-1\)$/);
  });

  test.each(['neutron.port-taken', 'praas.', 'port-taken', 'praas.to-string'])(
    'the code %s, which is none of ours',
    (code) => {
      const problem = { request_id: 'r', code, detail: 'd', next_steps: [], facts: {} };

      expect(errorOf(problem, URL).code).toBe('DAEMON_BAD_RESPONSE');
    },
  );

  test.each([undefined, null, '', '<html>', {}, { errors: [] }, { errors: [{}] }, { errors: [null] }, { error: 'x' }])(
    'an answer without a reason: %j',
    (body) => {
      expect(refusal(502, body, URL)).toMatchObject({
        code: 'DAEMON_BAD_RESPONSE',
        facts: { url: URL, reason: 'HTTP 502 without a reason' },
      });
    },
  );
});

test('what could rewrite a terminal does not get there', () => {
  const problem = {
    request_id: 'r',
    code: 'praas.x',
    detail: '\u001b[2J\u009bx\n\ty\u007f',
    next_steps: ['\r'],
    facts: {},
  };

  expect(Problem.parse(problem)).toMatchObject({ detail: '\ufffd[2J\ufffdx\n\ty\ufffd', next_steps: ['\ufffd'] });
});
