import { expect, test } from '@jest/globals';
import { misplacedWord } from '../../src/commands/unknown-command.ts';

const IDS = ['pat:list', 'pat:show', 'events', 'token:revoke'];

test.each([
  [['--help=3'], '--help'],
  [['pat', 'list', '--help=3'], '--help'],
  [['pat', 'list', '--json=1'], '--json'],
  [['--version=1'], '--version'],
  [['--json'], '--json'],
  [['-f', 'json', 'pat', 'list'], '-f'],
  [[''], 'empty'],
  [['pat', ''], 'empty'],
  [['pat', '', 'list'], 'empty'],
])('%j is refused', (words, named) => {
  expect(misplacedWord(words, IDS)?.sentence).toContain(named);
});

test.each([
  [['pat', 'list']],
  [['pat', 'list', '--json']],
  [['--help']],
  [['-h']],
  [['--version', '--json']],
  [['events', '']],
  [['pat', 'show', '']],
  [['pat', 'update', 'x', '--name', '']],
  [['pat', 'delete', '--', '--json=1']],
  [[]],
])('%j is left to the command', (words) => {
  expect(misplacedWord(words, IDS)).toBeUndefined();
});
