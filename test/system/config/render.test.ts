/** What is written can be read again, and the sample in share/ says what the table says. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Config, loadConfig, SECTIONS } from '../../../src/compose/config.ts';
import { renderSample, renderSettings } from '../../../src/system/config/render.ts';
import { cidr } from '../../support/arbitrary.ts';
import { KEYS, loadText } from '../../support/config.ts';

const { praas } = SECTIONS;
const sample = renderSample(SECTIONS);

const SAMPLE = new URL('../../../share/praas.conf', import.meta.url);

const port = fc.integer({ min: 1, max: 65_535 });
const secondsTo = (max: number): fc.Arbitrary<string> => fc.integer({ min: 1, max }).map(String);
const range = fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`);

/** Any text after a slash that the key accepts: comment signs, equals signs, brackets and blanks among them. */
const pathFor = (key: keyof Config): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('/', 'a', ' ', '#', ';', '=', '[', ']', ':', '\t', '\u00a0', 'é') }),
    )
    .map((rest) => `/${rest}`.trim())
    .filter((path) => praas[key].kind.parse(path) !== undefined);

const limitText = fc.integer({ min: -1, max: 1_000_000 }).map(String);

const texts: { readonly [N in keyof Config]: fc.Arbitrary<string> } = {
  port_app: port.map(String),
  router_port_range: range,
  second_monitoring: secondsTo(86_400),
  notifications: fc.constantFrom('', 'rabbit://user:secret@192.0.2.7:5672/vhost?ssl=1'),
  notification_topics: fc.constantFrom('notifications', 'a-b, versioned_notifications'),
  notification_exchanges: fc.constantFrom('openstack', 'nova, neutron'),
  max_removals_percent: fc.integer({ min: 0, max: 100 }).map(String),
  retain_days: fc.integer({ min: 1, max: 3650 }).map(String),
  events_max_mib_per_day: fc.integer({ min: 16, max: 65_536 }).map(String),
  max_project_events_percent: fc.integer({ min: 1, max: 100 }).map(String),
  port_monitor: port.map(String),
  listen_address: fc.oneof(fc.ipV4(), fc.ipV6()),
  tls_cert: fc.oneof(fc.constant(''), pathFor('tls_cert')),
  tls_key: fc.oneof(fc.constant(''), pathFor('tls_key')),
  socket_path: pathFor('socket_path'),
  trusted_proxies: fc.array(fc.oneof(cidr, fc.ipV6())).map((networks) => networks.join(', ')),
  legacy_api_allow: fc.array(cidr).map((cidrs) => cidrs.join(', ')),
  reconcile_period_seconds: secondsTo(3600),
  state_dir: pathFor('state_dir'),
  tokens_path: pathFor('tokens_path'),
  clouds_path: pathFor('clouds_path'),
  cloud_name: fc.constantFrom('', 'openstack', 'demo-2'),
  policy_path: pathFor('policy_path'),
  quota_mappings: limitText,
  quota_ports: limitText,
  max_connections: limitText,
  max_connections_per_address: limitText,
  max_requests_per_address: limitText,
  max_requests_per_caller: limitText,
  failed_authentications_per_minute: limitText.filter((text) => text !== '0'),
  writes_per_minute: limitText,
  max_checks_per_caller: limitText,
  max_checks_per_router: limitText,
  log_dir: pathFor('log_dir'),
  backend: fc.constantFrom('iptables', 'nftables'),
  masquerade: fc.constantFrom('auto', 'always', 'never'),
  programs_path: pathFor('programs_path'),
  netns_dir: pathFor('netns_dir'),
  neutron_lock_path: pathFor('neutron_lock_path'),
  reserved_ports: fc.array(port).map((ports) => ports.join(', ')),
  lock_timeout_seconds: secondsTo(3600),
  command_timeout_seconds: secondsTo(3600),
  xtables_wait_seconds: secondsTo(600),
};

const anySettings = fc
  .tuple(fc.record(texts), fc.shuffledSubarray(KEYS.map(({ fullName }) => fullName as keyof Config)))
  .map(([values, keys]) => keys.map((key) => ({ key, value: values[key] })));

test('what is rendered is read again as it was, whatever the settings', async () => {
  await fc.assert(
    fc.asyncProperty(anySettings, async (settings) => {
      const { settings: read, config } = await loadText(renderSettings(SECTIONS, settings));

      const written = new Map(settings.map(({ key, value }) => [key, value]));
      for (const { key, value, source } of read) {
        const name = key as keyof Config;
        expect(value).toBe(written.get(name) ?? praas[name].fallback);
        expect(source === 'default').toBe(!written.has(name));
        expect(config[name]).toEqual(praas[name].kind.parse(value));
      }
      expect((await loadText(renderSettings(SECTIONS, read))).config).toEqual(config);
    }),
  );
});

test('a text that the environment may hold may stand in the file, and the other way round', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((rest) => `/${rest}`.trim());
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      const fromEnvironment = await loadText('', { PRAAS_STATE_DIR: value }).catch(() => undefined);
      fc.pre(fromEnvironment !== undefined);
      const fromFile = await loadText(renderSettings(SECTIONS, [{ key: 'state_dir', value }]));
      expect(fromFile.config).toEqual(fromEnvironment.config);
    }),
  );
});

test('share/praas.conf is the sample made from the table', async () => {
  expect(await readFile(SAMPLE, 'utf8')).toBe(sample);
});

test('the sample as delivered changes nothing', async () => {
  const { config, settings } = await loadConfig({ env: {}, readFile: async () => sample });

  expect(settings.every(({ source }) => source === 'default')).toBe(true);
  expect(config).toEqual((await loadText('')).config);
});

test('the sample with every comment sign in front of a key removed sets every key to its default', async () => {
  const opened = sample.replace(/^#(?=\w)/gm, '');

  const { config, settings } = await loadText(opened);

  expect(settings.filter(({ source }) => source === 'default')).toEqual([]);
  expect(config).toEqual((await loadText('')).config);
});

test('the sample tells of each key what it is for and what it may be', () => {
  for (const { name, key } of KEYS) {
    const { description, fallback, kind } = key;
    const setting = `#${name} = ${fallback}`.trimEnd();
    expect(sample).toContain(`# ${description}\n# allowed: ${kind.allowed}\n${setting}\n`);
  }
});
