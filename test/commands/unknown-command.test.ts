import { expect, test } from '@jest/globals';
import { unknownCommand } from '../../src/commands/unknown-command.ts';

const IDS = [
  'events',
  'pat create',
  'pat list',
  'token list',
  'socket serve',
  'socket user add',
  'socket user list',
].map((id) => id.split(' '));
const said = (line: string): string[] => {
  const { sentence, next_steps } = unknownCommand(line.split(' '), 'praas', IDS);
  return [sentence, ...next_steps];
};

test.each([
  ['evnets', 'praas evnets', 'events, pat, token, socket', '`praas events`', 'praas'],
  ['pat creat', 'praas pat creat', 'create, list', '`praas pat create`', 'praas pat'],
  ['socket user ad --role x', 'praas socket user ad', 'add, list', '`praas socket user add`', 'praas socket user'],
  ['socket sevre', 'praas socket sevre', 'serve, user', '`praas socket serve`', 'praas socket'],
])('%s: the first wrong word is named, with the nearest right one', (line, unknown, known, guess, topic) => {
  expect(said(line)).toEqual([
    `unknown command "${unknown}" (commands: ${known})`,
    `Did you mean ${guess}?`,
    `Run ${topic} --help for usage.`,
  ]);
});

test('a word whose topic is missing is completed with each topic that has it', () => {
  expect(said('list')[1]).toBe('Did you mean `praas pat list` or `praas token list` or `praas socket user list`?');
});

test('a word that is near no other one gets no guess', () => {
  expect(said('zzzzzz')).toEqual([
    'unknown command "praas zzzzzz" (commands: events, pat, token, socket)',
    'Run praas --help for usage.',
  ]);
});

test.each([
  ['events now', 'now'],
  ['pat list all', 'all'],
  ['socket user list x', 'x'],
])('%s: a word after a whole command is an unexpected argument', (line, word) => {
  expect(said(line)[0]).toBe(`unexpected argument ${word}`);
});
