/** Keys that had another name: it goes on working, in the file and in the environment, and is reported. */
import { expect, test } from '@jest/globals';
import { errorOf, FILE, KEYS, load } from '../../support/config.ts';

const RENAMED = KEYS.filter(({ key }) => key.formerly !== undefined);

test('these keys had another name', () => {
  expect(Object.fromEntries(RENAMED.map(({ name, key }) => [key.formerly, name]))).toEqual({
    lock_timeout: 'lock_timeout_seconds',
    command_timeout: 'command_timeout_seconds',
    xtables_wait: 'xtables_wait_seconds',
    reconcile_period: 'reconcile_period_seconds',
    retain: 'retain_days',
    max_removals: 'max_removals_percent',
  });
});

test.each(RENAMED)('$fullName is set by its old name in the file', async ({ fullName, key: { formerly } }) => {
  const { config, settings, renamed } = await load(['[praas]', '', `${formerly} = 5`]);

  expect(config).toMatchObject({ [fullName]: 5 });
  const inForce = settings.find(({ key }) => key === fullName);
  expect(inForce).toMatchObject({ value: '5', source: `${FILE}:3`, old_name: formerly });
  expect(renamed).toEqual([{ where: `${FILE}:3`, oldName: formerly, newName: fullName }]);
});

test.each(RENAMED)('$fullName is set by its old variable', async ({ fullName, variable, oldVariable = '', key }) => {
  const { config, settings, renamed } = await load(['[praas]', `${fullName} = 6`], { [oldVariable]: '5' });

  expect(oldVariable).toBe(`PRAAS_${key.formerly?.toUpperCase()}`);
  expect(config).toMatchObject({ [fullName]: 5 });
  const inForce = settings.find((setting) => setting.key === fullName);
  expect(inForce).toMatchObject({ value: '5', source: `environment ${oldVariable}`, old_name: key.formerly });
  expect(renamed).toEqual([{ where: 'environment', oldName: oldVariable, newName: variable }]);
});

test.each(RENAMED)(
  '$fullName by both names in one file is a key set twice',
  async ({ name, key: { formerly = '' } }) => {
    for (const [first, second] of [
      [formerly, name],
      [name, formerly],
    ]) {
      const error = await errorOf(load(['[praas]', `${first} = 5`, '', `${second} = 5`]));

      expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', facts: { where: `${FILE}:4`, allowed: 'each key once' } });
      for (const part of [name, formerly, 'line 2']) expect(error.facts['found']).toContain(part);
    }
    const error = await errorOf(load(['[praas]', `${formerly} = 5`, `${formerly} = 5`]));
    expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', facts: { where: `${FILE}:3` } });
  },
);

test('of two variables for one key the one with its present name counts, and the old one is reported', async () => {
  const env = { PRAAS_RETAIN: '5', PRAAS_RETAIN_DAYS: '6' };

  const { config, settings, renamed } = await load([], env);

  expect(config.retain_days).toBe(6);
  expect(settings.find(({ key }) => key === 'retain_days')).toMatchObject({ value: '6', old_name: null });
  expect(renamed).toEqual([{ where: 'environment', oldName: 'PRAAS_RETAIN', newName: 'PRAAS_RETAIN_DAYS' }]);
});

test('an empty old variable counts as unset and is not reported', async () => {
  const { config, renamed } = await load([], { PRAAS_RETAIN: ' ' });

  expect(config.retain_days).toBe(7);
  expect(renamed).toEqual([]);
});

test('an old name in the file is reported also where the environment overrides it', async () => {
  const { settings, renamed } = await load(['[praas]', 'retain = 5'], { PRAAS_RETAIN_DAYS: '6' });

  expect(settings.find(({ key }) => key === 'retain_days')).toMatchObject({ value: '6', old_name: null });
  expect(renamed).toEqual([{ where: `${FILE}:2`, oldName: 'retain', newName: 'retain_days' }]);
});

test('a bad value by an old name is an error of the key', async () => {
  const inFile = await errorOf(load(['[praas]', 'retain = 0']));
  const inEnvironment = await errorOf(load([], { PRAAS_RETAIN: '0' }));

  expect(inFile).toMatchObject({ code: 'CONFIG_INVALID', facts: { where: `${FILE}:2`, key: 'retain_days' } });
  expect(inEnvironment).toMatchObject({
    code: 'CONFIG_INVALID',
    facts: { where: 'environment PRAAS_RETAIN', key: 'retain_days' },
  });
});

test('present names are not reported', async () => {
  const lines = RENAMED.map(({ name, key }) => `${name} = ${key.fallback}`);

  const { settings, renamed } = await load(['[praas]', ...lines]);

  expect(renamed).toEqual([]);
  expect(settings.every(({ old_name }) => old_name === null)).toBe(true);
});
