/** oclif's own parser is asked, so that an oclif with other sentences or fields fails here. */
import { expect, test } from '@jest/globals';
import { Args, Flags, Parser } from '@oclif/core';
import { countFlag } from '../../src/commands/flags.ts';
import { HELP, usageMessageOf } from '../../src/commands/parser-message.ts';

const FLAGS = {
  name: Flags.string(),
  protocol: Flags.string({ options: ['tcp', 'udp'] }),
  all: Flags.boolean({ exclusive: ['name'] }),
  router: Flags.string({ dependsOn: ['all'] }),
};

async function said(argv: string[], input: Parameters<typeof Parser.parse>[1]): Promise<readonly string[]> {
  const error = await Parser.parse(argv, input).catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error('expected an error of the parser');
  const { message, next_steps } = usageMessageOf(error);
  return [message, ...next_steps];
}

test.each([
  [['--nme=x'], 'unknown option --nme', 'Did you mean --name?'],
  [['--colour', '--size'], 'unknown option --colour, --size'],
  [['--name'], '--name requires a value'],
  [['--protocol'], '--protocol requires a value: tcp, udp'],
  [['--name', 'a', '--name', 'b'], '--name is given more than once'],
  [['--protocol', 'icmp'], '--protocol: "icmp" is not one of tcp, udp'],
  [['--all', '--name', 'x'], '--name and --all are mutually exclusive'],
  [['--router', 'edge'], '--router requires --all'],
  [['one', 'two'], 'unexpected argument one, two'],
])('of %j', async (argv, ...sentences) => {
  expect(await said(argv, { args: {}, flags: FLAGS })).toEqual([...sentences, HELP]);
});

test.each(['ssh', '0', '10'])('of a count %s, with the option and the range', async (text) => {
  const parsing = Parser.parse(['--port', text], { args: {}, flags: { port: countFlag(9)() } });

  await expect(parsing).rejects.toMatchObject({ sentence: `--port: "${text}" is not a whole number from 1 to 9` });
});

test('of an option that is missing', async () => {
  const flags = { port: Flags.integer({ required: true }) };

  expect(await said([], { args: {}, flags })).toEqual(['--port is required', HELP]);
});

test('of arguments that are missing', async () => {
  const [id, other] = [Args.string({ required: true, description: 'of a mapping' }), Args.string({ required: true })];

  expect(await said([], { args: { id } })).toEqual(['ID is required', HELP]);
  expect(await said([], { args: { id, other }, flags: { all: Flags.string({ multiple: true }) } })).toEqual([
    'ID, OTHER are required',
    HELP,
  ]);
});
