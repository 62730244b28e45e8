/**
 * A second product: it brings one table, and the program one line. Its section is read, overridden by the environment,
 * shown, written and reloaded as [praas] is, beside the keys of this executable.
 */
import { expect, test } from '@jest/globals';
import { SECTIONS as OURS } from '../../../src/compose/config.ts';
import { oneOf, seconds } from '../../../src/core/settings/kinds.ts';
import { key, type Section } from '../../../src/core/settings/sections.ts';
import { type LoadedConfig, load } from '../../../src/system/config/config.ts';
import { LiveConfig } from '../../../src/system/config/live.ts';
import { renderSample, renderSettings } from '../../../src/system/config/render.ts';
import { errorOf, FILE, fileWith } from '../../support/config.ts';

const TOY_KEYS = {
  colour: key(oneOf('red', 'blue'), 'red', 'colour of the toy', { isReloadable: true }),
  wait_seconds: key(seconds(60), '5', 'maximum wait for the toy', { formerly: 'wait' }),
} as const satisfies Section;
// The section stands first, so that nothing depends on [praas] being the first one.
const SECTIONS = { toy: TOY_KEYS, ...OURS };
const OUR_COUNT = Object.keys(OURS.praas).length;

type Loaded = LoadedConfig<typeof SECTIONS>;

function loadText(text: string, env: NodeJS.ProcessEnv = {}): Promise<Loaded> {
  return load(SECTIONS, { path: FILE, env, readFile: fileWith(text) });
}

const loadLines = (...lines: readonly string[]): Promise<Loaded> => loadText(lines.join('\n'));

test('its values are an object of their own, typed and frozen, beside the flat ones of [praas]', async () => {
  const { config } = await loadLines('[toy]', 'colour = blue', '[praas]', 'port_app = 1', '[toy]', 'wait_seconds = 7');

  const toy: { readonly colour: 'red' | 'blue'; readonly wait_seconds: number } = config.toy;
  expect(toy).toEqual({ colour: 'blue', wait_seconds: 7 });
  expect(config.port_app).toBe(1);
  expect(Object.isFrozen(config) && Object.isFrozen(config.toy)).toBe(true);
  expect(Object.keys(config)).toHaveLength(OUR_COUNT + 1);
});

test('without its section it has its defaults', async () => {
  const { config } = await loadLines('[praas]');

  expect(config.toy).toEqual({ colour: 'red', wait_seconds: 5 });
});

test('the environment overrides the file by the name of section and key, and by that alone', async () => {
  const text = '[toy]\ncolour = red\n';

  const overridden = await loadText(text, { PRAAS_TOY_COLOUR: 'blue', PRAAS_TOY_WAIT_SECONDS: '9' });
  const untouched = await loadText(text, { PRAAS_COLOUR: 'blue', TOY_COLOUR: 'blue' });

  expect(overridden.config.toy).toEqual({ colour: 'blue', wait_seconds: 9 });
  expect(untouched.config.toy.colour).toBe('red');
});

test('the settings name its keys with their section', async () => {
  const { settings } = await loadText('[toy]\nwait = 7\n', { PRAAS_TOY_COLOUR: 'blue' });

  expect(settings).toHaveLength(OUR_COUNT + 2);
  expect(settings.filter(({ key: name }) => name.startsWith('toy.'))).toEqual([
    {
      key: 'toy.colour',
      value: 'blue',
      source: 'environment PRAAS_TOY_COLOUR',
      old_name: null,
      reloadable: true,
      description: 'colour of the toy',
    },
    {
      key: 'toy.wait_seconds',
      value: '7',
      source: `${FILE}:2`,
      old_name: 'wait',
      reloadable: false,
      description: 'maximum wait for the toy',
    },
  ]);
});

test('old names of its keys are reported, in the file and in the environment', async () => {
  const { renamed } = await loadText('[toy]\nwait = 7\n', { PRAAS_TOY_WAIT: '8' });

  expect(renamed).toEqual([
    { where: `${FILE}:2`, oldName: 'wait', newName: 'wait_seconds' },
    { where: 'environment', oldName: 'PRAAS_TOY_WAIT', newName: 'PRAAS_TOY_WAIT_SECONDS' },
  ]);
});

test('a value that is not allowed names its key with the section', async () => {
  const inFile = await errorOf(loadLines('[toy]', 'colour = green'));
  const inEnvironment = await errorOf(loadText('', { PRAAS_TOY_COLOUR: 'green' }));

  const facts = { key: 'toy.colour', found: 'green' };
  expect(inFile).toMatchObject({ code: 'CONFIG_INVALID', facts: { ...facts, where: `${FILE}:2` } });
  expect(inEnvironment).toMatchObject({
    code: 'CONFIG_INVALID',
    facts: { ...facts, where: 'environment PRAAS_TOY_COLOUR' },
  });
});

test.each([
  ['[praas]', 'colour', '[toy]'],
  ['[praas]', 'wait', '[toy]'],
  ['[toy]', 'port_app', '[praas]'],
  ['[toy]', 'lock_timeout', '[praas]'],
])('below %s, %s is refused with the section to which it belongs: %s', async (section, name, belongs_to) => {
  const error = await errorOf(loadLines('# one', section, `${name} = 1`));

  expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', facts: { where: `${FILE}:3`, belongs_to } });
  expect(error.message).toContain(belongs_to);
});

test('a key before any section is refused with the section to which it belongs', async () => {
  const error = await errorOf(loadLines('colour = red', '[toy]'));

  expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', facts: { where: `${FILE}:1`, belongs_to: '[toy]' } });
});

test('the nearest key is looked for in its own section', async () => {
  const near = await errorOf(loadLines('[toy]', 'color = red'));
  const far = await errorOf(loadLines('[toy]', 'port_ap = 1'));

  expect(near.facts).toMatchObject({ where: `${FILE}:2`, nearest: 'colour' });
  expect(far.facts).toMatchObject({ where: `${FILE}:2`, allowed: 'colour, wait_seconds' });
});

test('the nearest section is named, and all of them where none is near', async () => {
  const near = await errorOf(loadLines('[toys]', '[praas]'));
  const far = await errorOf(loadLines('[proxies]'));

  expect(near.facts).toMatchObject({ where: `${FILE}:1`, nearest: '[toy]' });
  expect(far.facts).toMatchObject({ where: `${FILE}:1`, allowed: '[toy], [praas]' });
});

test('a key may have the name of a key of another section', async () => {
  const sections = { ...OURS, toy: { ...TOY_KEYS, backend: TOY_KEYS.colour } };
  const text = '[praas]\nbackend = nftables\n[toy]\nbackend = blue\n';

  const { config } = await load(sections, { path: FILE, env: {}, readFile: fileWith(text) });

  expect([config.backend, config.toy.backend]).toEqual(['nftables', 'blue']);
});

test('the sample has its section, changes nothing as it is, and sets every key when it is opened', async () => {
  const sample = renderSample(SECTIONS);
  const asDelivered = await loadText(sample);
  const opened = await loadText(sample.replace(/^#(?=\w)/gm, ''));

  expect(sample).toContain('\n[toy]\n\n# colour of the toy\n# allowed: red or blue\n');
  expect(asDelivered.settings.every(({ source }) => source === 'default')).toBe(true);
  expect(opened.settings.some(({ source }) => source === 'default')).toBe(false);
  expect(opened.config).toEqual(asDelivered.config);
});

test('what is rendered is read again as it was, each key below its section', async () => {
  const settings = [
    { key: 'toy.wait_seconds', value: '7' },
    { key: 'port_app', value: '1' },
    { key: 'toy.colour', value: 'blue' },
  ];
  const text = renderSettings(SECTIONS, settings);

  expect(text).toBe('[toy]\nwait_seconds = 7\ncolour = blue\n\n[praas]\nport_app = 1\n');
  const { config } = await loadText(text);
  expect([config.toy, config.port_app]).toEqual([{ wait_seconds: 7, colour: 'blue' }, 1]);
});

test('a reload takes what may change, of each section, and names the rest', async () => {
  const { config: before } = await loadLines('[praas]');
  const ours = ['[praas]', 'backend = nftables', 'retain_days = 30'];
  const { config: after } = await loadLines(...ours, '[toy]', 'colour = blue', 'wait_seconds = 7');
  const live = new LiveConfig(SECTIONS, before);

  expect(live.fixed(before)).toEqual([]);
  expect(live.fixed(after)).toEqual(['toy.wait_seconds', 'backend']);
  live.apply(after);

  expect(live.current).toEqual({ ...before, retain_days: 30, toy: { colour: 'blue', wait_seconds: 5 } });
  expect(Object.isFrozen(live.current) && Object.isFrozen(live.current.toy)).toBe(true);
  expect(live.fixed(after)).toEqual(['toy.wait_seconds', 'backend']);
});
