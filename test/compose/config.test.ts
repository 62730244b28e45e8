/** The sections of this executable: what the tables of several products must not share. */
import { expect, test } from '@jest/globals';
import { readManifest } from '../../scripts/commands.ts';
import { loadConfig, SECTIONS } from '../../src/compose/config.ts';
import { LiveConfig } from '../../src/compose/live-config.ts';
import { NODE_KEYS } from '../../src/compose/node-keys.ts';
import { namesOf } from '../../src/core/settings/sections.ts';
import { PAT_KEYS } from '../../src/pat/settings.ts';
import { KEYS } from '../support/config.ts';

const repeated = (texts: readonly string[]): string[] => texts.filter((text, index) => texts.indexOf(text) !== index);

test('[praas] is made of tables that have no key in common', () => {
  const names = [...Object.keys(NODE_KEYS), ...Object.keys(PAT_KEYS)];

  expect(Object.keys(SECTIONS.praas)).toEqual(names);
  expect(repeated(names)).toEqual([]);
});

test('no name of a section, now or before, is one of two keys', () => {
  for (const section of Object.keys(SECTIONS)) {
    const names = KEYS.filter((declared) => declared.section === section).flatMap(namesOf);
    expect(repeated(names)).toEqual([]);
  }
});

test('each variable overrides one key, and none is the variable of a flag', () => {
  const variables = KEYS.flatMap(({ variable, oldVariable }) => [variable, oldVariable ?? []].flat());
  const flags = Object.values(readManifest().commands).flatMap((command) => Object.values(command.flags));
  const others = flags.flatMap(({ env }) => env ?? []);

  expect(repeated(variables)).toEqual([]);
  expect(others).toContain('PRAAS_CONFIG');
  // --backend of `praas demo` is the key, for the demonstration.
  expect(variables.filter((variable) => [...others, 'PRAAS_TOKEN'].includes(variable))).toEqual(['PRAAS_BACKEND']);
});

test('no section is called as a key of [praas] is: its values lie beside theirs', () => {
  expect(Object.keys(SECTIONS).filter((name) => name in SECTIONS.praas)).toEqual([]);
});

test('a key whose value is a time or a share has its unit in its name', () => {
  const withUnit = KEYS.filter(({ key }) => /seconds|days|percent/.test(key.kind.allowed));

  expect(withUnit.map(({ name }) => name).filter((name) => !/_(?:seconds|days|percent)$/.test(name))).toEqual([
    // The Python version has it under this name.
    'second_monitoring',
  ]);
});

test('a daemon reloads what may change and names what waits for a restart', async () => {
  const read = (env: NodeJS.ProcessEnv) => loadConfig({ path: '/dev/null', env });
  const { config: before } = await read({});
  const { config: after } = await read({ PRAAS_BACKEND: 'nftables', PRAAS_QUOTA_PORTS: '7', PRAAS_RETAIN: '30' });
  const live = new LiveConfig(before);

  expect(live.fixed(after)).toEqual(['backend']);
  live.apply(after);

  expect(live.current).toEqual({ ...before, quota_ports: 7, retain_days: 30 });
});
