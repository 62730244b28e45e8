/** Command lines that name no command: how that is recognised, and what is said about it. */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Config, Parser } from '@oclif/core';
import { isUnknownCommand, unknownCommand } from '../../src/commands/unknown-command.ts';

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
  const { sentence, nextSteps } = unknownCommand(line.split(' '), 'praas', IDS);
  return [sentence, ...nextSteps];
};

test('what oclif throws where it knows no command is recognised, and no other error of it', async () => {
  const config = await Config.load(fileURLToPath(new URL('../../', import.meta.url)));
  const unknown = await config.runCommand('evnets').catch((error: unknown) => error);
  const other = await Parser.parse(['x'], { args: {} }).catch((error: unknown) => error);

  expect(isUnknownCommand(unknown)).toBe(true);
  expect(isUnknownCommand(other)).toBe(false);
  expect(isUnknownCommand(new Error('command evnets not found'))).toBe(false);
});

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
