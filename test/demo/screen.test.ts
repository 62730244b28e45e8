import { expect, test } from '@jest/globals';
import { Screen } from '../../src/demo/screen.ts';

function shownOn(coloured: boolean): string {
  let text = '';
  const screen = new Screen((more) => {
    text += more;
  }, coloured);
  screen.chapter('Publish');
  screen.command('praas pat list');
  screen.output('no mappings');
  screen.output('');
  screen.shown('nothing is published');
  return text;
}

test('commands, their output and what they show stand below each other', () => {
  expect(shownOn(false)).toBe('\nPublish\n\n$ praas pat list\nno mappings\n✓ nothing is published\n');
});

test('colours change nothing but the colours', () => {
  const coloured = shownOn(true);

  expect(coloured).toContain('\u001b[32m✓ nothing is published\u001b[0m');
  // eslint-disable-next-line no-control-regex -- it is what is looked for
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(shownOn(false));
});
