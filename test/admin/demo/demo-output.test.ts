import { expect, test } from '@jest/globals';
import { DemoOutput, type Paint } from '../../../src/admin/demo/demo-output.ts';

function textWith(paint: Paint): string {
  let text = '';
  const output = new DemoOutput((more) => {
    text += more;
  }, paint);
  output.heading('Publish');
  output.command('praas pat list');
  output.output('no mappings');
  output.output('');
  output.fact('nothing is published');
  return text;
}

test('a command is followed by its output and by what it has shown', () => {
  const text = textWith((_, plain) => plain);

  expect(text).toBe('\nPublish\n\n$ praas pat list\nno mappings\n✓ nothing is published\n');
});

test('each kind of text has its own colour, and the output of programs has none', () => {
  const text = textWith((name, plain) => `<${name}>${plain}`);

  expect(text).toBe('\n<bold>Publish\n\n<yellow>$ praas pat list\nno mappings\n<green>✓ nothing is published\n');
});
