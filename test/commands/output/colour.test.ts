/** Node decides on colours by the environment of the process, so each case is a process of its own. */
import { execFileSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';

const MODULE = new URL('../../../src/commands/output/colour.ts', import.meta.url).href;

/** What `colour` makes of the text in a process with that environment, for a terminal or for something else. */
function coloured(name: string, env: NodeJS.ProcessEnv, isTTY: boolean): string {
  const program = `
    import { WriteStream } from 'node:tty';
    import { colour } from ${JSON.stringify(MODULE)};
    const getColorDepth = () => WriteStream.prototype.getColorDepth();
    const stream = Object.assign(new (await import('node:stream')).PassThrough(), { isTTY: ${isTTY}, getColorDepth });
    process.stdout.write(JSON.stringify(colour(${JSON.stringify(name)}, 'refused', stream)));`;
  const args = ['--no-warnings', '--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' })) as string;
}

const TERMINAL = { TERM: 'xterm-256color' };

test('text on a terminal gets its colour and keeps its words', () => {
  const red = coloured('red', TERMINAL, true);

  expect(red).not.toBe('refused');
  expect(stripVTControlCharacters(red)).toBe('refused');
  expect(coloured('green', TERMINAL, true)).not.toBe(red);
});

test('text that goes elsewhere stays as it is', () => {
  expect(coloured('red', TERMINAL, false)).toBe('refused');
});

test('NO_COLOR and a dumb terminal keep colours away', () => {
  expect(coloured('bold', { ...TERMINAL, NO_COLOR: '1' }, true)).toBe('refused');
  expect(coloured('bold', { TERM: 'dumb' }, true)).toBe('refused');
});
