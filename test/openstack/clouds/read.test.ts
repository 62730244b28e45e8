/** clouds.yaml as the openstack client reads it. */
import { describe, expect, test } from '@jest/globals';
import { clientFiles, daemonFiles, readCloud } from '../../../src/openstack/clouds/read.ts';
import { errorOf } from '../../support/fake-node.ts';

const CLOUDS = '/etc/openstack/clouds.yaml';
/** As it stands in the folder of the Python version. */
const OLD = `# clouds.yaml
clouds:
  openstack:
    auth:
      auth_url: http://controller:5000/v3/  #specific ip or hostname of controller
      username: "admin"
      password: "xxx"
      project_name: "admin"
      project_domain_name: 'Default'
      user_domain_name: "Default"
    region_name: "RegionOne"
    interface: "public"
    identity_api_version: 3
`;
const TWO = `
clouds:
  demo: { auth: { auth_url: "http://demo:5000", username: demo, password: 1234, project_name: demo }, verify: false }
  other:
    auth_type: v3applicationcredential
    auth: { auth_url: "https://other/identity/v3", application_credential_id: abc, application_credential_secret: s3cret }
    interface: internalURL
`;

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly cloud?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly search?: readonly string[];
}

function read({ files = {}, env = {}, cloud, options, search = [CLOUDS] }: Given) {
  const readFile = async (path: string): Promise<string> => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };
  return readCloud({ env, files: search, readFile, ...(cloud && { cloud }), ...(options && { options }) });
}

test('the file of the Python version works unchanged', async () => {
  expect(await read({ files: { [CLOUDS]: OLD } })).toEqual({
    name: 'openstack',
    where: CLOUDS,
    auth_type: 'password',
    auth: {
      auth_url: 'http://controller:5000/v3/',
      username: 'admin',
      password: 'xxx',
      project_name: 'admin',
      project_domain_name: 'Default',
      user_domain_name: 'Default',
    },
    region_name: 'RegionOne',
    interfaces: ['public'],
    services: { identity: {}, network: {}, compute: {} },
    verify: true,
    cacert: undefined,
    notes: [],
  });
});

describe('which cloud', () => {
  test('is chosen by its name', async () => {
    const demo = await read({ files: { [CLOUDS]: TWO }, cloud: 'demo' });

    expect(demo).toMatchObject({
      name: 'demo',
      verify: false,
      auth: { password: '1234', user_domain_id: 'default', project_domain_id: 'default' },
    });
    expect(await read({ files: { [CLOUDS]: TWO }, env: { OS_CLOUD: 'other' } })).toMatchObject({
      auth_type: 'v3applicationcredential',
      interfaces: ['internal'],
    });
  });

  test('must be chosen when there are several', async () => {
    expect((await errorOf(read({ files: { [CLOUDS]: TWO } }))).message).toContain('demo, other');
    expect((await errorOf(read({ files: { [CLOUDS]: TWO }, cloud: 'dmeo' }))).message).toMatch(
      /cloud dmeo not found.*demo, other/,
    );
  });

  test('is that of the variables when only they speak of one', async () => {
    const env = { OS_AUTH_URL: 'http://k:5000', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_PROJECT_NAME: 'x' };

    expect(await read({ env })).toMatchObject({ name: 'envvars', where: 'environment', auth: { username: 'u' } });
    expect(await read({ env: {} })).toBeUndefined();
    expect(await errorOf(read({ cloud: 'demo' }))).toMatchObject({ code: 'CLOUD_CONFIG_INVALID' });
  });
});

test('options go before variables, variables before the file', async () => {
  const env = { OS_PROJECT_NAME: 'from-env', OS_REGION_NAME: 'R2', OS_USERNAME: 'env-user' };
  const cloud = await read({
    files: { [CLOUDS]: OLD },
    env,
    options: { OS_PROJECT_NAME: 'from-option' },
    cloud: 'openstack',
  });

  expect(cloud).toMatchObject({
    region_name: 'R2',
    auth: { project_name: 'from-option', username: 'env-user', password: 'xxx' },
  });
});

test('secure.yaml beside it has the secrets', async () => {
  const plain = TWO.replace('password: 1234, ', '');
  const files = { [CLOUDS]: plain, '/etc/openstack/secure.yaml': 'clouds: { demo: { auth: { password: hidden } } }' };

  expect(await read({ files, cloud: 'demo' })).toMatchObject({ auth: { username: 'demo', password: 'hidden' } });
});

test('a profile lies under the cloud that names it', async () => {
  const files = {
    [CLOUDS]: 'clouds: { mine: { profile: vendor, auth: { username: u, password: p } } }',
    '/etc/openstack/clouds-public.yaml':
      'public-clouds: { vendor: { region_name: R9, auth: { auth_url: "https://vendor:5000" } } }',
  };

  expect(await read({ files })).toMatchObject({
    region_name: 'R9',
    auth: { auth_url: 'https://vendor:5000', username: 'u' },
  });
  expect((await errorOf(read({ files: { [CLOUDS]: files[CLOUDS] } }))).message).toMatch(/auth_url.*profile vendor/);
});

const AUTH = 'auth: { auth_url: "http://k:5000", username: u, password: p, project_name: x }';

describe('files that the openstack client takes', () => {
  test('a cloud that is none beside the one that is used', async () => {
    const files = { [CLOUDS]: `clouds:\n  old:\n  odd: 7\n  praas: { ${AUTH} }` };

    expect(await read({ files })).toMatchObject({ name: 'praas' });
    expect(await read({ files, cloud: 'praas' })).toMatchObject({ name: 'praas' });
    expect((await errorOf(read({ files, cloud: 'old' }))).message).toContain('cloud old is not a map');
    expect((await errorOf(read({ files, cloud: 'constructor' }))).message).toContain('cloud constructor not found');
  });

  test('a profile that is not there, where nothing is missing', async () => {
    expect(await read({ files: { [CLOUDS]: `clouds: { praas: { profile: ours, ${AUTH} } }` } })).toMatchObject({
      auth: { auth_url: 'http://k:5000' },
      notes: [expect.stringContaining('profile ours not found')],
    });
  });

  test.each([
    ['/etc/openstack/clouds-public.yaml', {}],
    ['/home/u/.config/openstack/clouds-public.yml', {}],
    ['/other/vendors.yaml', { OS_CLIENT_VENDOR_FILE: '/other/vendors.yaml' }],
  ])('a profile in %s, whichever file has the cloud', async (path, env) => {
    const files = {
      '/mine.yaml': 'clouds: { praas: { profile: vendor, auth: { username: u, password: p } } }',
      [path]: 'public-clouds: { vendor: { auth: { auth_url: "http://k:5000" } } }',
    };
    const search = clientFiles({ HOME: '/home/u', OS_CLIENT_CONFIG_FILE: '/mine.yaml' }, '/work', '/own/clouds.yaml');

    expect(await read({ files, env, search })).toMatchObject({ auth: { auth_url: 'http://k:5000' }, notes: [] });
  });

  const regions = `clouds:
  praas:
    auth: { username: u, password: p }
    regions:
    - name: R1
      values: { auth: { auth_url: "http://one:5000" }, interface: internal }
    - name: R2
      values: { auth: { auth_url: "http://two:5000", username: v } }
`;

  test('the values of the region: the first one, or the one that is chosen', async () => {
    const files = { [CLOUDS]: regions };

    expect(await read({ files })).toMatchObject({
      region_name: 'R1',
      interfaces: ['internal'],
      auth: { auth_url: 'http://one:5000', username: 'u' },
    });
    const second = { region_name: 'R2', interfaces: ['public'], auth: { auth_url: 'http://two:5000', username: 'v' } };
    expect(await read({ files, cloud: 'praas', env: { OS_REGION_NAME: 'R2' } })).toMatchObject(second);
    expect(await read({ files: { [CLOUDS]: `${regions}    region_name: R2` } })).toMatchObject(second);
    const options = { OS_REGION_NAME: 'R2', OS_USERNAME: 'w' };
    expect(await read({ files, cloud: 'praas', options })).toMatchObject({ auth: { username: 'w' } });
    expect((await errorOf(read({ files, cloud: 'praas', options: { OS_REGION_NAME: 'R3' } }))).message).toMatch(
      /R3 not found.*R1, R2/,
    );
  });

  test('endpoints, interfaces and regions of one service', async () => {
    const more = `region_name: R1, network_endpoint_override: "http://n:{region_name}/", compute_endpoint: "http://c:1",
      compute_interface: internal, network_region_name: R2`;

    const found = await read({
      files: { [CLOUDS]: `clouds: { praas: { ${AUTH}, ${more.replace('n:{region_name}', '{region_name}:9696')} } }` },
    });
    expect(found?.services).toMatchObject({
      network: { url: 'http://R1:9696', region_name: 'R2' },
      compute: { url: 'http://c:1', interfaces: ['internal'] },
    });
    const bad = `clouds: { praas: { ${AUTH}, network_endpoint_override: "n:9696" } }`;
    expect((await errorOf(read({ files: { [CLOUDS]: bad } }))).message).toContain('network_endpoint_override');
  });

  test('several interfaces, in their order', async () => {
    const text = `clouds: { praas: { ${AUTH}, interface: [internalURL, public] } }`;

    expect(await read({ files: { [CLOUDS]: text } })).toMatchObject({ interfaces: ['internal', 'public'] });
  });
});

test('the time to read a file grows with its size, not with its blank lines and comments', async () => {
  const good = `clouds: { praas: { ${AUTH} } }\n`;
  const seconds = async (lines: number): Promise<number> => {
    const files = { [CLOUDS]: '\n  # x\n \t\n'.repeat(lines) + good };
    const started = process.hrtime.bigint();
    expect(await read({ files })).toMatchObject({ name: 'praas' });
    return Number(process.hrtime.bigint() - started);
  };
  await seconds(10_000);
  const [once, twice] = [
    Math.min(await seconds(10_000), await seconds(10_000), await seconds(10_000)),
    Math.min(await seconds(20_000), await seconds(20_000), await seconds(20_000)),
  ];

  expect(twice / once).toBeLessThan(3.5);
});

test.each<[string, string, RegExp]>([
  ['no YAML', 'clouds: {', /not valid YAML/],
  ['no clouds', 'cloud: {}', /no map of clouds/],
  ['a cloud that is none', 'clouds: { a: 7 }', /no cloud/],
  ['a region that is none', `clouds: { a: { regions: [{ R1: 7 }], auth: {} } }`, /regions/],
  ['no auth_url', 'clouds: { a: { auth: { username: u, password: p } } }', /auth\.auth_url/],
  [
    'a wrong auth_url',
    'clouds: { a: { auth: { auth_url: controller, username: u, password: p } } }',
    /auth\.auth_url.*http/,
  ],
  ['no password', 'clouds: { a: { auth: { auth_url: "http://k", username: u } } }', /password is required/],
  ['no user', 'clouds: { a: { auth: { auth_url: "http://k", password: p } } }', /username is required/],
  [
    'an unknown way to log in',
    'clouds: { a: { auth_type: v3oidc, auth: { auth_url: "http://k" } } }',
    /auth_type.*password, token/,
  ],
  [
    'an unknown interface',
    'clouds: { a: { interface: secret, auth: { auth_url: "http://k", username: u, password: p } } }',
    /interface.*public/,
  ],
  [
    'version 2',
    'clouds: { a: { identity_api_version: 2, auth: { auth_url: "http://k", username: u, password: p } } }',
    /version 2/,
  ],
])('%s is refused with the place and what is allowed', async (_, text, said) => {
  const error = await errorOf(read({ files: { [CLOUDS]: text } }));

  expect(error).toMatchObject({ code: 'CLOUD_CONFIG_INVALID', message: expect.stringMatching(said) });
  expect(error.message).toContain(CLOUDS);
});

test('no message has a secret in it', async () => {
  const text = OLD.replace('"xxx"', '"t0psecret').replace('interface: "public"', 'interface: "secret"');

  expect((await errorOf(read({ files: { [CLOUDS]: text } }))).message).not.toContain('t0psecret');
});

describe('where it is looked for', () => {
  test('by people: where the openstack client does, and then at praas’s own place', () => {
    const files = clientFiles({ HOME: '/home/u', OS_CLIENT_CONFIG_FILE: '/mine.yaml' }, '/work', '/own/clouds.yaml');

    expect(files.filter((path) => path.endsWith('.yaml'))).toEqual([
      '/mine.yaml',
      '/work/clouds.yaml',
      '/home/u/.config/openstack/clouds.yaml',
      '/etc/openstack/clouds.yaml',
      '/own/clouds.yaml',
    ]);
  });

  test('by a daemon: at its own place, or at the configured one', () => {
    expect(daemonFiles({ HOME: '/root' }, '/own/clouds.yaml')).toEqual(['/own/clouds.yaml']);
    expect(daemonFiles({ OS_CLIENT_CONFIG_FILE: '/mine.yaml' }, '/own/clouds.yaml')).toEqual(['/mine.yaml']);
  });

  test('the first file that is there counts alone', async () => {
    const search = ['/first.yaml', '/second.yaml'];

    expect(await read({ files: { '/second.yaml': OLD }, search })).toMatchObject({ where: '/second.yaml' });
    expect(await read({ files: { '/second.yaml': OLD, '/first.yaml': TWO }, search, cloud: 'demo' })).toMatchObject({
      where: '/first.yaml',
    });
  });
});

describe('as the openstack client does', () => {
  const HOME = '/home/u/.config/openstack/clouds.yaml';
  const denied = async (path: string): Promise<string> => {
    if (path === CLOUDS) throw Object.assign(new Error('denied'), { code: 'EACCES', errno: -13 });
    if (path === HOME) return OLD;
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };

  test('a file that only root may read is passed over, and matters not beside variables', async () => {
    expect(await readCloud({ env: {}, files: [CLOUDS, HOME], readFile: denied })).toMatchObject({ where: HOME });
    const env = { OS_AUTH_URL: 'http://k:5000', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_PROJECT_NAME: 'x' };
    expect(await readCloud({ env, files: [CLOUDS], readFile: denied })).toMatchObject({ where: 'environment' });
  });

  test('when it is the only one, the error names it', async () => {
    const error = await errorOf(readCloud({ env: {}, files: [CLOUDS], readFile: denied }));

    expect(error.facts).toEqual({ where: CLOUDS, reason: expect.stringContaining('permission denied') });
  });

  test('secure.yaml is looked for wherever clouds.yaml is', async () => {
    const plain = TWO.replace('password: 1234, ', '');
    const secret = 'clouds: { demo: { auth: { password: hidden } } }';
    const files = { [CLOUDS]: plain, '/home/u/.config/openstack/secure.yml': secret };

    expect(await read({ files, search: [HOME, CLOUDS], cloud: 'demo' })).toMatchObject({
      auth: { password: 'hidden' },
    });
  });

  const demo = (auth: string, more = ''): Record<string, string> => ({
    [CLOUDS]: `clouds: { demo: { auth: { auth_url: "http://k:5000", username: u, project_name: x, ${auth} } ${more} } }`,
  });

  test.each(['1e3', '12345678901234567890', '0017', 'true', '0x1f', '2030-01-01'])(
    'the password %s is those characters',
    async (password) => {
      expect(await read({ files: demo(`password: ${password}`) })).toMatchObject({ auth: { password } });
    },
  );

  test.each([
    ['false', false],
    ['no', false],
    ['0', false],
    ['true', true],
    ['True', true],
  ])('verify: %s', async (text, verify) => {
    expect(await read({ files: demo('password: p', `, verify: ${text}`) })).toMatchObject({ verify });
  });

  test('anchors are followed, one domain is both, and of several regions the first counts', async () => {
    const text = `
base: &base { auth_url: "http://k:5000", username: u, password: p, project_name: x, domain_name: Corp }
clouds:
  demo: { auth: { <<: *base, username: v }, regions: [R2, R1] }
`;
    expect(await read({ files: { [CLOUDS]: text } })).toMatchObject({
      region_name: 'R2',
      auth: { username: 'v', user_domain_name: 'Corp', project_domain_name: 'Corp' },
    });
  });

  test.each(['\n', '# clouds:\n#   praas: {}\n'])(
    'a file without anything in it says nothing of a cloud',
    async (text) => {
      expect(await read({ files: { [CLOUDS]: text } })).toBeUndefined();
      expect(await errorOf(read({ files: { [CLOUDS]: '{}' } }))).toMatchObject({
        code: 'CLOUD_CONFIG_INVALID',
        facts: { where: CLOUDS },
      });
    },
  );
});
