// An error response becomes the error that the service threw.
import { describe, expect, test } from '@jest/globals';
import { ErrorItem, errorOf, responseError } from '../../../src/core/client/error-document.ts';
import { CATALOGUE, type ErrorCode, PraasError, praasError } from '../../../src/pat/errors.ts';
import { problemOf } from '../../../src/server/http/problem.ts';

const URL = 'https://node:3000';
const ORIGIN = { url: URL, catalogue: CATALOGUE };
const CODES = Object.keys(CATALOGUE) as ErrorCode[];

/** The error document as it is received. */
const documentOf = (error: unknown): unknown => JSON.parse(JSON.stringify({ errors: [problemOf(error, 'req-1')] }));

test.each(CODES)('%s is received as it was thrown', (code) => {
  const { kind: known } = CATALOGUE[code];
  const error = new PraasError({
    code,
    kind: known,
    message: 'what happened\n  in two lines',
    nextSteps: ['Do this.', 'Or that.'],
    facts: { n: 1, a: ['b'] },
  });

  const back = responseError(500, documentOf(error), ORIGIN);

  const { message, kind, nextSteps, facts } = error;
  expect(back).toBeInstanceOf(PraasError);
  expect(back).toMatchObject({ code, kind, message, nextSteps, facts });
});

describe('a bad response is', () => {
  test('a code that this version does not have, reported with the detail and the request ID', () => {
    const body = {
      errors: [{ ...problemOf(praasError('MAPPING_NOT_FOUND', { id: 'x' }), 'req-7'), code: 'praas.new' }],
    };

    const { code, facts } = responseError(400, body, ORIGIN);

    expect([code, facts['url']]).toEqual(['DAEMON_BAD_RESPONSE', URL]);
    for (const text of ['praas.new', body.errors[0]?.detail, 'req-7']) expect(facts['reason']).toContain(text);
  });

  test('an internal error of the agent, reported with the request ID that its log has', () => {
    const { code, facts } = responseError(500, documentOf(new Error('inside')), ORIGIN);

    expect(code).toBe('DAEMON_BAD_RESPONSE');
    for (const text of ['praas.bug', 'req-1']) expect(facts['reason']).toContain(text);
  });

  test.each(['neutron.port-taken', 'praas.', 'port-taken', 'praas.to-string'])(
    'the code %s, which the catalogue does not have',
    (code) => {
      const problem = { request_id: 'r', code, detail: 'd', next_steps: [], facts: {} };

      expect(errorOf(problem, ORIGIN).code).toBe('DAEMON_BAD_RESPONSE');
    },
  );

  test.each([undefined, null, '', '<html>', {}, { errors: [] }, { errors: [{}] }, { errors: [null] }, { error: 'x' }])(
    'an error response without an error document: %j',
    (body) => {
      expect(responseError(502, body, ORIGIN)).toMatchObject({
        code: 'DAEMON_BAD_RESPONSE',
        facts: { url: URL, reason: expect.stringContaining('502') },
      });
    },
  );
});

test('control characters that could rewrite a terminal are replaced', () => {
  const problem = {
    request_id: 'r',
    code: 'praas.x',
    detail: '\u001b[2J\u009bx\n\ty\u007f',
    next_steps: ['\r'],
    facts: {},
  };

  expect(ErrorItem.parse(problem)).toMatchObject({ detail: '\ufffd[2J\ufffdx\n\ufffdy\ufffd', next_steps: ['\ufffd'] });
});
