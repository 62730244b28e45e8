/**
 * Generated clouds.yaml, secure.yaml and clouds-public.yaml, read by praas and by openstacksdk: both find the same account, region,
 * interfaces and endpoints. Needs Debian's python3-openstacksdk and no cloud.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { readCloud } from '../../src/openstack/clouds/read.ts';

const FILES = 400;
const TIMEOUT_MS = 120_000;
const SERVICES = ['identity', 'network', 'compute'] as const;
const directory = mkdtempSync(join(tmpdir(), 'praas-clouds-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Prints for each directory what the SDK makes of its files; null where it refuses them. */
const ORACLE = `
import json, sys, warnings
warnings.simplefilter('ignore')
from openstack.config import OpenStackConfig
def first(value):
    return value if isinstance(value, list) else [value]
found = []
for case in json.load(sys.stdin):
    at = case['directory']
    try:
        config = OpenStackConfig(config_files=[at + '/clouds.yaml'], secure_files=[at + '/secure.yaml'],
                                 vendor_files=[at + '/clouds-public.yaml'], load_envvars=False)
        region = config.get_one(cloud='praas', region_name=case['region'])
        auth = region.config['auth']
        found.append({
            'auth_url': auth.get('auth_url'), 'username': auth.get('username'), 'password': auth.get('password'),
            'project_name': auth.get('project_name'), 'region_name': region.region_name or None,
            'user_domain': auth.get('user_domain_name') or auth.get('user_domain_id'),
            'interfaces': first(region.get_interface()),
            'urls': {each: region.get_endpoint(each) for each in ('network', 'compute')},
            'service_interfaces': {each: first(region.get_interface(each)) for each in ('identity', 'network', 'compute')},
        })
    except Exception as error:
        found.append(None)
print(json.dumps(found))
`;

const word = fc.constantFrom('R1', 'R2', 'praas', 'x y', '0017', 'a:b', '#no', 'é', '{}', "it's", 'true', '1e3');
const url = fc.constantFrom(
  'http://one:5000/v3',
  'https://two/identity',
  'http://{region_name}:5000',
  'http://three:5000/',
);
const interfaceName = fc.constantFrom('public', 'internal', 'admin');
const interfaces = fc.oneof(interfaceName, fc.uniqueArray(interfaceName, { minLength: 1 }));
const option = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });
const auth = fc.record(
  { auth_url: url, username: word, password: word, project_name: word, user_domain_name: word },
  { requiredKeys: [] },
);
const keys = {
  auth,
  interface: interfaces,
  network_endpoint_override: url,
  compute_endpoint: url,
  network_interface: interfaceName,
};
const region = fc.oneof(
  fc.constantFrom('R1', 'R2'),
  fc.record(
    { name: fc.constantFrom('R1', 'R2'), values: fc.record(keys, { requiredKeys: [] }) },
    { requiredKeys: ['name'] },
  ),
);
const cloud = fc
  .record(
    {
      ...keys,
      username: word,
      project_name: word,
      profile: fc.constantFrom('vendor', 'nowhere'),
      'user-domain-name': word,
    },
    { requiredKeys: ['auth'] },
  )
  // Of both, the SDK takes the first of regions, and praas the one that region_name names.
  .chain((made) =>
    fc
      .oneof(
        fc.constant({}),
        fc.record({ region_name: fc.constantFrom('R1', 'R2', 'R1,R2') }),
        fc.record({ regions: fc.array(region, { minLength: 1, maxLength: 3 }) }),
      )
      .map((regions) => ({ ...made, ...regions })),
  );
const neighbour = fc.constantFrom<unknown>(null, {}, [], { auth: null }, { regions: 7 });
const files = fc.record({
  clouds: fc.record({ praas: cloud, old: neighbour }),
  secure: option(fc.record({ auth: fc.record({ password: word }) })),
  vendor: option(
    fc.record({ auth, region_name: fc.constantFrom('R1', 'R2'), interface: interfaceName }, { requiredKeys: [] }),
  ),
  region: fc.constantFrom('', 'R1', 'R2'),
});

/** Text as the SDK has it: in YAML a password of digits is a number there. */
const plain = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

/** Whether a login is possible: with a URL that has a host, and a user with a password. */
function isUsable(found: Record<string, unknown>): boolean {
  const urls = [found['auth_url'], ...Object.values(found['urls'] as object)];
  const hasHosts = urls.every((each) => each === null || URL.canParse(String(each)));
  return hasHosts && ['auth_url', 'username', 'password'].every((key) => Boolean(found[key]));
}

test(
  `${FILES} generated clouds`,
  async () => {
    const cases = fc.sample(files, { numRuns: FILES, seed: 16 }).map((made, index) => {
      const at = join(directory, String(index));
      mkdirSync(at);
      // Everything is quoted, so that both read text.
      const write = (name: string, body: unknown): void =>
        writeFileSync(join(at, name), dump(body, { forceQuotes: true, noRefs: true }));
      write('clouds.yaml', { clouds: made.clouds });
      if (made.secure !== undefined) write('secure.yaml', { clouds: { praas: made.secure } });
      if (made.vendor !== undefined) write('clouds-public.yaml', { 'public-clouds': { vendor: made.vendor } });
      return { directory: at, region: made.region };
    });
    const oracle = promisify(execFile)('/usr/bin/python3', ['-c', ORACLE], { maxBuffer: 2 ** 26 });
    oracle.child.stdin?.end(JSON.stringify(cases));
    const theirs = JSON.parse((await oracle).stdout) as (Record<string, unknown> | null)[];

    let compared = 0;
    for (const [index, { directory: at, region: region_name }] of cases.entries()) {
      const expected = theirs[index];
      const paths = [join(at, 'clouds.yaml')];
      const options = region_name === '' ? {} : { OS_REGION_NAME: region_name };
      const ours = await readCloud({
        cloud: 'praas',
        options,
        env: {},
        files: paths,
        readFile: (path) => readFile(path, 'utf8'),
      }).catch((error: Error) => error);
      if (expected === null || expected === undefined) continue;
      if (ours instanceof Error) {
        // praas refuses at once what a login would need; the SDK when it logs in.
        expect([index, ours.message, isUsable(expected)]).toEqual([index, ours.message, false]);
        continue;
      }
      compared += 1;
      expect({
        index,
        auth_url: plain(ours?.auth.auth_url),
        username: plain(ours?.auth.username),
        password: plain(ours?.auth.password),
        project_name: plain(ours?.auth.project_name),
        region_name: plain(ours?.region_name),
        interfaces: ours?.interfaces,
        urls: { network: plain(ours?.services.network.url), compute: plain(ours?.services.compute.url) },
        service_interfaces: Object.fromEntries(
          SERVICES.map((each) => [each, ours?.services[each].interfaces ?? ours?.interfaces]),
        ),
      }).toEqual({
        index,
        auth_url: plain(expected['auth_url']),
        username: plain(expected['username']),
        password: plain(expected['password']),
        project_name: plain(expected['project_name']),
        region_name: plain(expected['region_name']),
        interfaces: expected['interfaces'],
        urls: expect.anything(),
        service_interfaces: expected['service_interfaces'],
      });
      const urls = expected['urls'] as Record<string, string | null>;
      for (const each of ['network', 'compute'] as const)
        expect([index, each, plain(ours?.services[each].url)]).toEqual([
          index,
          each,
          urls[each]?.replace(/\/+$/, '') ?? null,
        ]);
    }
    expect(compared).toBeGreaterThan(FILES / 10);
  },
  TIMEOUT_MS,
);
