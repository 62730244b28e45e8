/** Each key: its default, its value from the file and from the environment, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Config } from '../../src/compose/config.ts';
import { isCidr } from '../../src/core/values/ipv4.ts';
import { MASQUERADE } from '../../src/pat/mapping/mapping.ts';
import { PAT_KEYS } from '../../src/pat/settings.ts';
import { ipv4 } from '../support/arbitrary.ts';
import { errorOf, FILE, KEYS, load } from '../support/config.ts';

interface Case<T> {
  readonly fallback: T;
  /** Texts and the values that they stand for. */
  readonly good: readonly (readonly [string, T])[];
  readonly bad: readonly string[];
}

const NOT_NUMBERS = [
  '0',
  '-1',
  '+5',
  '3.5',
  '1e3',
  '0x10',
  '10s',
  '1 0',
  '1_000',
  '٣٠',
  'thirty',
  '99999999999999999999',
];
const NOT_PATHS = ['praas', './praas', '~/praas', '"/srv"', '/srv/\u0007bell', '/srv/\u202egnp'];

const secondsCase = (fallback: number, most: number): Case<number> => ({
  fallback,
  good: [
    ['1', 1],
    [`${most}`, most],
    ['007', 7],
  ],
  bad: [...NOT_NUMBERS, `${most + 1}`],
});

const pathCase = (fallback: string): Case<string> => ({
  fallback,
  good: [
    ['/', '/'],
    ['/srv/a b/c', '/srv/a b/c'],
    ['/srv/a=b:c#d;e', '/srv/a=b:c#d;e'],
    ['/srv/zażółć', '/srv/zażółć'],
  ],
  bad: NOT_PATHS,
});

const quotaCase: Case<number> = {
  fallback: 50,
  good: [
    ['0', 0],
    ['-1', -1],
    ['1000000', 1_000_000],
  ],
  bad: ['-2', '1000001', '1.5', '1e3', 'many'],
};

const CASES: { readonly [N in keyof Config]: Case<Config[N]> } = {
  port_app: {
    fallback: 3000,
    good: [
      ['1', 1],
      ['65535', 65_535],
      ['08080', 8080],
    ],
    bad: [...NOT_NUMBERS, '65536', '3000:3001'],
  },
  listen_address: {
    fallback: '127.0.0.1',
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['192.0.2.7', '192.0.2.7'],
      ['::1', '::1'],
      ['2001:db8::7', '2001:db8::7'],
    ],
    bad: ['localhost', 'node', '192.0.2', '192.0.2.256', '192.0.2.7/24', '[::1]', '192.0.2.7:3000', '*'],
  },
  tls_cert: {
    ...pathCase(''),
  },
  tls_key: {
    ...pathCase(''),
  },
  socket_path: pathCase('/run/praas/praas.sock'),
  trusted_proxies: {
    fallback: [],
    good: [
      ['192.0.2.7', ['192.0.2.7']],
      ['::1, 198.51.100.0/24 ,2001:db8::/32', ['::1', '198.51.100.0/24', '2001:db8::/32']],
      ['0.0.0.0/0,::/0', ['0.0.0.0/0', '::/0']],
    ],
    bad: [
      '192.0.2',
      '192.0.2.0/33',
      '192.0.2.0/08',
      '::1/129',
      'fe80::1%eth0',
      '192.0.2.0/24/24',
      '192.0.2.7,',
      'proxy.example',
      '::/',
    ],
  },
  max_connections: { ...quotaCase, fallback: 2048 },
  max_connections_per_address: { ...quotaCase, fallback: 256 },
  max_requests_per_address: { ...quotaCase, fallback: 128 },
  max_requests_per_caller: { ...quotaCase, fallback: 64 },
  failed_authentications_per_minute: {
    fallback: 10,
    good: [
      ['1', 1],
      ['-1', -1],
    ],
    bad: [...quotaCase.bad, '0'],
  },
  writes_per_minute: { ...quotaCase, fallback: 600 },
  tokens_path: pathCase('/usr/local/etc/praas/tokens.json'),
  policy_path: pathCase('/usr/local/etc/praas/policy.yaml'),
  state_dir: pathCase('/var/lib/praas'),
  log_dir: pathCase('/var/log/praas'),
  clouds_path: pathCase('/usr/local/etc/praas/clouds.yaml'),
  cloud_name: {
    fallback: '',
    good: [
      ['openstack', 'openstack'],
      ['Región.1', 'Región.1'],
    ],
    bad: ['two words', 'bell\u0007'],
  },
  backend: {
    fallback: 'iptables',
    good: [
      ['iptables', 'iptables'],
      ['nftables', 'nftables'],
    ],
    bad: ['IPTABLES', 'nft', 'ipchains', 'iptables nftables', 'constructor'],
  },
  programs_path: {
    fallback: ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    good: [
      ['/opt/nft/bin', ['/opt/nft/bin']],
      ['/opt/nft/bin:/usr/bin', ['/opt/nft/bin', '/usr/bin']],
    ],
    // An empty part of a PATH is the current directory.
    bad: [...NOT_PATHS, '/one:', ':/one', '/one::/two', '.', '/one:bin'],
  },
  netns_dir: pathCase('/run/netns'),
  neutron_lock_path: {
    fallback: ['/var/lib/neutron/lock', '/var/lib/neutron/tmp'],
    good: [
      ['/one', ['/one']],
      ['/one:/two : /three', ['/one', '/two', '/three']],
    ],
    bad: [...NOT_PATHS, '/one:', ':/one', '/one::/two', '/one:two', '/one,two:three', ':'],
  },
  lock_timeout_seconds: secondsCase(30, 3600),
  command_timeout_seconds: secondsCase(30, 3600),
  xtables_wait_seconds: secondsCase(10, 600),
  router_port_range: {
    fallback: { first: 4000, last: 4100 },
    good: [
      ['1:65535', { first: 1, last: 65_535 }],
      ['4000:4000', { first: 4000, last: 4000 }],
      ['4000 : 4100', { first: 4000, last: 4100 }],
    ],
    bad: [
      '4000',
      '4100:4000',
      '0:10',
      '1:65536',
      '4000-4100',
      '4000:',
      ':4100',
      '4000:4100:4200',
      '4000:4100:',
      'a:b',
      ':',
    ],
  },
  reserved_ports: {
    fallback: [500, 1701, 4500, 9697],
    good: [
      ['22', [22]],
      ['22,80 , 443', [22, 80, 443]],
      ['1,65535', [1, 65_535]],
    ],
    bad: [...NOT_NUMBERS, '22,', ',22', '22,,80', '22;80', '22 80', '22,65536', '22-80', ','],
  },
  masquerade: {
    fallback: 'auto',
    good: [
      ['auto', 'auto'],
      ['always', 'always'],
      ['never', 'never'],
    ],
    bad: ['Auto', 'true', 'yes', 'no', 'sometimes'],
  },
  quota_mappings: quotaCase,
  quota_ports: quotaCase,
  max_checks_per_caller: { ...quotaCase, fallback: 4 },
  max_checks_per_router: { ...quotaCase, fallback: 8 },
  retain_days: {
    fallback: 7,
    good: [
      ['1', 1],
      ['3650', 3650],
    ],
    bad: ['0', '3651', '7d'],
  },
  events_max_mib_per_day: {
    fallback: 64,
    good: [
      ['16', 16],
      ['65536', 65_536],
    ],
    bad: [...NOT_NUMBERS, '15', '65537', '64M'],
  },
  max_project_events_percent: {
    fallback: 10,
    good: [
      ['1', 1],
      ['100', 100],
    ],
    bad: [...NOT_NUMBERS, '0', '101', '10%'],
  },
  reconcile_period_seconds: secondsCase(30, 3600),
  second_monitoring: secondsCase(30, 86_400),
  notifications: {
    fallback: '',
    good: [
      ['rabbit://guest:guest@127.0.0.1:5672/', 'rabbit://guest:guest@127.0.0.1:5672/'],
      ['rabbit://a:b@h1,a:b@h2:5671/nova?ssl=1', 'rabbit://a:b@h1,a:b@h2:5671/nova?ssl=1'],
    ],
    bad: ['amqp://guest@127.0.0.1', 'rabbit://mq:0', 'rabbit://a b', '127.0.0.1:5672', 'rabbit://u:s3cr#t@mq'],
  },
  notification_topics: {
    fallback: ['notifications', 'versioned_notifications'],
    good: [
      ['notifications', ['notifications']],
      ['a, b_2', ['a', 'b_2']],
    ],
    bad: ['a,', 'a b', 'a.#', '*'],
  },
  notification_exchanges: {
    fallback: ['nova', 'neutron'],
    good: [
      ['openstack', ['openstack']],
      ['nova, cell-1.neutron', ['nova', 'cell-1.neutron']],
    ],
    bad: ['a,', 'a b', 'a#', '*'],
  },
  max_removals_percent: {
    fallback: 10,
    good: [
      ['0', 0],
      ['100', 100],
    ],
    bad: ['-1', '101', '10%', '1.5'],
  },
  port_monitor: {
    fallback: 3001,
    good: [
      ['1', 1],
      ['65535', 65_535],
    ],
    bad: [...NOT_NUMBERS, '65536'],
  },
  legacy_api_allow: {
    fallback: [],
    good: [
      ['192.0.2.7', ['192.0.2.7']],
      ['192.0.2.7 , 198.51.100.0/24,0.0.0.0/0', ['192.0.2.7', '198.51.100.0/24', '0.0.0.0/0']],
    ],
    bad: [
      '192.0.2',
      '192.0.2.256',
      '192.0.2.07',
      '192.0.2.7/',
      '192.0.2.7/33',
      '192.0.2.7/08',
      '192.0.2.7/24/8',
      '192.0.2.7,',
      ',192.0.2.7',
      '192.0.2.7 192.0.2.8',
      '2001:db8::7',
      '::ffff:192.0.2.7',
      'node',
      '*',
      '/',
    ],
  },
};

test('the keys are these, in this order', () => {
  expect(KEYS.map(({ fullName }) => fullName)).toEqual(Object.keys(CASES));
});

describe.each(KEYS)('$fullName', ({ fullName, variable, key: { kind, fallback: defaultText, description } }) => {
  const key = fullName as keyof Config;
  const { fallback, good, bad }: Case<unknown> = CASES[key];

  test('has its default where nothing sets it', async () => {
    const { config, settings } = await load([]);

    expect(config[key]).toEqual(fallback);
    const common = { source: 'default', old_name: null, description };
    expect(settings.find((setting) => setting.key === key)).toMatchObject({ value: defaultText, ...common });
  });

  test.each(good)('is set by the file: %s', async (text, value) => {
    const { config, settings } = await load(['[praas]', '', `${key} = ${text}`]);

    expect(config[key]).toEqual(value);
    expect(settings.find((setting) => setting.key === key)).toMatchObject({ value: text, source: `${FILE}:3` });
  });

  test.each(good)('is set by the environment, over the file: %s', async (text, value) => {
    const { config, settings } = await load(['[praas]', `${key} = ${defaultText}`], {
      [variable]: ` ${text}\t`,
    });

    expect(config[key]).toEqual(value);
    expect(settings.find((setting) => setting.key === key)).toMatchObject({
      value: text,
      source: `environment PRAAS_${key.toUpperCase()}`,
    });
  });

  test('takes an empty variable for an unset one', async () => {
    const [text, value] = good[0] ?? [];

    const { config } = await load(['[praas]', `${key} = ${text}`], { [variable]: '  ' });

    expect(config[key]).toEqual(value);
  });

  test.each(bad)('refuses %j, in the file and in the environment', async (text) => {
    const inFile = await errorOf(load(['[praas]', '# one', `${key} = ${text}`]));
    const inEnvironment = await errorOf(load([], { [variable]: text }));

    const hint = /[#;]/.test(text) ? ' (a comment needs a space before it)' : '';
    expect(inFile).toMatchObject({
      code: 'CONFIG_INVALID',
      kind: 'Invalid',
      facts: { where: `${FILE}:3`, key, allowed: kind.allowed + hint },
    });
    expect(inEnvironment).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { where: `environment PRAAS_${key.toUpperCase()}`, key, allowed: kind.allowed },
    });
  });

  test('has a description of one line, without a full stop', () => {
    expect(description).toMatch(/^[\p{L}\p{N}][^\n]{8,98}[\p{L}\p{N})]$/u);
  });
});

test('an empty value is refused by every key but those that may be empty', async () => {
  const optional: readonly string[] = [
    'tls_cert',
    'tls_key',
    'trusted_proxies',
    'cloud_name',
    'reserved_ports',
    'notifications',
    'legacy_api_allow',
  ];
  for (const { fullName: key, key: declared } of KEYS) {
    if (optional.includes(key)) continue;
    const error = await errorOf(load(['[praas]', `${key} = # nothing`]));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { where: `${FILE}:2`, key, found: 'empty', allowed: declared.kind.allowed },
    });
  }
  const { config } = await load(['[praas]', ...optional.map((key) => `${key} =`)]);
  expect(optional.map((key) => config[key as keyof Config])).toEqual(['', '', [], '', [], '', []]);
});

test.each(['/srv/a #b', '/srv/a\t;b', '/srv/\ufffd'])(
  'the path %j is refused in the environment: no file could say it',
  async (path) => {
    const error = await errorOf(load([], { PRAAS_STATE_DIR: path }));

    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { where: 'environment PRAAS_STATE_DIR', key: 'state_dir', found: path.replace('\t', '\\u{9}') },
    });
  },
);

test('legacy_api_allow takes the networks that a mapping takes', () => {
  const byte = fc.constantFrom('0', '7', '08', '255', '256', '', 'a');
  const address = fc.oneof(
    ipv4,
    fc.array(byte, { minLength: 3, maxLength: 5 }).map((bytes) => bytes.join('.')),
  );
  const prefix = fc.constantFrom('', '/', '/0', '/00', '/8', '/08', '/32', '/33', '/-1', '/1.0', '/8/8');
  fc.assert(
    fc.property(address, prefix, (text, length) => {
      const network = text + length;
      expect(PAT_KEYS.legacy_api_allow.kind.parse(network)).toEqual(isCidr(network) ? [network] : undefined);
    }),
  );
});

test('masquerade takes the words that a mapping takes', () => {
  for (const word of MASQUERADE) expect(PAT_KEYS.masquerade.kind.parse(word)).toBe(word);
  expect(PAT_KEYS.masquerade.kind.parse('sometimes')).toBeUndefined();
});
