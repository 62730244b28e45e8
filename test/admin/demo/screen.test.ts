import { expect, test } from '@jest/globals';
import { type Paint, Screen } from '../../../src/admin/demo/screen.ts';

function shownWith(paint: Paint): string {
  let text = '';
  const screen = new Screen((more) => {
    text += more;
  }, paint);
  screen.chapter('Publish');
  screen.command('praas pat list');
  screen.output('no mappings');
  screen.output('');
  screen.shown('nothing is published');
  return text;
}

test('commands, their output and what they show stand below each other', () => {
  const text = shownWith((_, plain) => plain);

  expect(text).toBe('\nPublish\n\n$ praas pat list\nno mappings\n✓ nothing is published\n');
});

test('each kind of text has its own colour, and what programs say has none', () => {
  const text = shownWith((name, plain) => `<${name}>${plain}`);

  expect(text).toBe('\n<bold>Publish\n\n<yellow>$ praas pat list\nno mappings\n<green>✓ nothing is published\n');
});
