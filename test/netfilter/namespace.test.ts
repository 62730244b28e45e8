import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Namespaces, type RouterKind } from '../../src/netfilter/namespace.ts';
import { createExec } from '../../src/system/exec.ts';

const UUID = '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11';
let directory: string;
let namespaces: Namespaces;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'praas-namespaces-'));
  namespaces = new Namespaces(createExec(10_000, process.env), directory);
  for (const name of ['edge', `qrouter-${UUID}`, 'west']) await writeFile(join(directory, name), '');
});
afterEach(() => rm(directory, { recursive: true }));

test('a name without a mounted namespace is not a router, and is not among the known ones', async () => {
  const entering = namespaces.run('edge', { file: 'true', args: [] });
  await expect(entering).rejects.toMatchObject({
    code: 'ROUTER_NOT_FOUND',
    facts: { router: 'edge', known: [`qrouter-${UUID}`, 'west'] },
  });
  const neutron = namespaces.run(await namespaces.resolve(UUID), { file: 'true', args: [] });
  await expect(neutron).rejects.toMatchObject({ facts: { router: `qrouter-${UUID}`, known: ['edge', 'west'] } });
});

/** Which namespace is taken of those that are there, when the router's kind is known as this. */
async function chosen(kind: RouterKind | undefined, ...there: readonly string[]): Promise<string> {
  const node = await mkdtemp(join(directory, 'node-'));
  for (const prefix of there) await writeFile(join(node, `${prefix}-${UUID}`), '');
  const kinds = new Map([[UUID, kind]]);
  const asked = new Namespaces(createExec(10_000, process.env), node, (router_id) => kinds.get(router_id));
  return asked.resolve(UUID).then(
    (name) => name.replace(`-${UUID}`, ''),
    (error) => error.code,
  );
}

test.each<[RouterKind | undefined, string[], string]>([
  ['distributed', ['snat', 'qrouter'], 'snat'],
  ['distributed', ['qrouter'], 'ROUTER_NOT_FOUND'],
  ['centralized', ['snat', 'qrouter'], 'qrouter'],
  ['centralized', ['qrouter'], 'qrouter'],
  ['centralized', ['snat'], 'ROUTER_NOT_FOUND'],
  [undefined, ['snat', 'qrouter'], 'snat'],
  [undefined, ['qrouter'], 'qrouter'],
])('a router whose kind is %s, on a node with %j: %s', async (kind, there, expected) => {
  expect(await chosen(kind, ...there)).toBe(expected);
});

test('the kind is asked for each time, and counts for ids only', async () => {
  let kind: RouterKind | undefined;
  await writeFile(join(directory, `snat-${UUID}`), '');
  const asked = new Namespaces(createExec(10_000, process.env), directory, () => kind);
  expect(await asked.resolve(UUID)).toBe(`snat-${UUID}`);
  kind = 'centralized';
  expect(await asked.resolve(UUID)).toBe(`qrouter-${UUID}`);
  expect(await asked.resolve('edge')).toBe('edge');
});

test('the error for an unknown router has the known ones', async () => {
  await expect(namespaces.resolve('nowhere')).rejects.toMatchObject({
    code: 'ROUTER_NOT_FOUND',
    facts: { router: 'nowhere', known: ['edge', `qrouter-${UUID}`, 'west'] },
  });
});
