/** No error about praas.conf or the environment quotes a password, whichever key it stands in and whatever is wrong with it. */
import { expect, test } from '@jest/globals';
import { masked } from '../../src/core/values/masked.ts';
import { KEYS, load } from '../support/config.ts';

const MARK = 'T0pS3cret';
/** URLs with a password, and what becomes of one that is not encoded, cut or quoted. */
const URLS = [
  `rabbit://openstack:${MARK}@mq1:5672/`,
  `amqp://openstack:${MARK}@mq1:5672/`,
  `rabbit://openstack:a/${MARK}@mq1/`,
  `rabbit://openstack:a,${MARK}@mq1/`,
  `rabbit://openstack:a#${MARK}@mq1/`,
  `rabbit://openstack:a;${MARK}#1@mq1/`,
  `rabbit://openstack:a@${MARK}@mq1:x/`,
  `rabbit://openstack:a?${MARK}=1@mq1/?ssl=maybe`,
  `"rabbit://openstack:${MARK}@mq1/"`,
  `https://u:${MARK}@proxy:1/x@y`,
];
/** What only a key that is marked as secret hides. */
const BARE = [MARK, `rabbit://openstack:${MARK}`, `openstack:${MARK}@mq1`, `rabbit://openstack:${MARK} @mq1`];

/** What is printed of a configuration, as far as it can be loaded. */
async function shown(lines: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    const { settings } = await load(lines, env);
    return JSON.stringify(settings.map(({ value }) => masked(value)));
  } catch (error) {
    const { message, facts, nextSteps } = error as { message: string; facts: object; nextSteps: unknown };
    return JSON.stringify([message, facts, nextSteps]);
  }
}

test.each(KEYS.map((declared) => [declared.fullName, declared] as const))('%s', async (name, { variable, key }) => {
  for (const text of [...URLS, ...(key.isSecret ? BARE : [])]) {
    expect([text, await shown(['[praas]', `${name} = ${text}`])]).not.toEqual([text, expect.stringContaining(MARK)]);
    expect([text, await shown([], { [variable]: text })]).not.toEqual([text, expect.stringContaining(MARK)]);
    // A value on the next line, with a wrong separator, or below a wrong key.
    for (const lines of [
      [`${name} =`, `  ${text}`],
      [`${name}: ${text}`],
      [`${name}x = ${text}`],
      ...(URLS.includes(text) ? [[`[${text}]`]] : []),
    ])
      expect([lines, await shown(['[praas]', ...lines])]).not.toEqual([lines, expect.stringContaining(MARK)]);
  }
});

test('the keys that may contain a password', () => {
  expect(KEYS.filter(({ key }) => key.isSecret).map(({ fullName }) => fullName)).toEqual(['notifications']);
});

test.each([
  ['rabbit://u:p@h', 'rabbit://u:***@h'],
  ['rabbit://u:a:b/c,d@e@h1,u:x@h2/v', 'rabbit://u:***@h2/v'],
  ['rabbit://h:5672/', 'rabbit://h:5672/'],
  ['rabbit://u@h', 'rabbit://u@h'],
  ['4000:4100', '4000:4100'],
  ['', ''],
])('%s is shown as %s', (text, expected) => {
  expect(masked(text)).toBe(expected);
});
