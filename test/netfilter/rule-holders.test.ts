/** Rules of mappings whose router is gone, in namespaces of other names: which are looked into, and how often. */
import { expect, test } from '@jest/globals';
import { RuleHolders } from '../../src/netfilter/rule-holders.ts';
import { praasError } from '../../src/pat/errors.ts';
import { idOf } from '../support/samples.ts';

const UUID = '0a2e8dd6-0bb9-4a3c-a6d8-1c4e5a7f9b10';
const NEUTRON = ['fip', 'ovnmeta', 'qdhcp', 'qlbaas', 'qrouter', 'snat'].map((kind) => `${kind}-${UUID}`);

/** Namespaces by name, with the mappings whose rules they have; an error where they cannot be read. */
function holdersIn(start: Record<string, readonly string[] | Error>) {
  const world = { namespaces: start, read: [] as string[] };
  let names = Object.keys(start);
  const holders = new RuleHolders({ names: async () => names }, async (name) => {
    world.read.push(name);
    const found = world.namespaces[name] ?? [];
    if (found instanceof Error) throw found;
    return new Set(found);
  });
  const changed = (namespaces: typeof start): void => {
    world.namespaces = namespaces;
    names = Object.keys(namespaces);
  };
  return { world, changed, holderOf: (id: string, except: readonly string[] = []) => holders.holderOf([id], except) };
}

test.each([`old-qrouter-${UUID}`, `backup-${UUID}`, `qrouter-${UUID}.old`, UUID, 'kept', '@odd name'])(
  'rules in %s are found',
  async (name) => {
    const { holderOf } = holdersIn({ [name]: [idOf(1)], other: [idOf(2)] });
    expect(await holderOf(idOf(1), [UUID])).toBe(name);
    expect(await holderOf(idOf(3), [UUID])).toBeUndefined();
  },
);

test('namespaces of Neutron and of routers with mappings are not looked into', async () => {
  const { holderOf, world } = holdersIn(Object.fromEntries([...NEUTRON, 'edge', 'kept'].map((name) => [name, []])));
  expect(await holderOf(idOf(1), ['edge', UUID])).toBeUndefined();
  expect(world.read).toEqual(['kept']);
});

test('they are read once for all changes, and again after a namespace came or went', async () => {
  const { holderOf, world, changed } = holdersIn({ kept: [], other: [] });
  for (const id of [idOf(1), idOf(2), idOf(3)]) expect(await holderOf(id)).toBeUndefined();
  await Promise.all([holderOf(idOf(1)), holderOf(idOf(2))]);
  expect(world.read).toEqual(['kept', 'other']);

  changed({ kept: [], renamed: [idOf(1)] });
  expect(await holderOf(idOf(1))).toBe('renamed');
});

test('what was found is confirmed, so that rules that are gone do not keep a port', async () => {
  const { holderOf, world } = holdersIn({ kept: [idOf(1)] });
  expect(await holderOf(idOf(1))).toBe('kept');
  world.namespaces = { kept: [] };
  expect(await holderOf(idOf(1))).toBeUndefined();
});

test('one that cannot be read is no empty one', async () => {
  const refused = praasError('TABLE_UNREADABLE', { router: 'kept', table: 'nat' });
  const { holderOf, world } = holdersIn({ kept: refused });
  await expect(holderOf(idOf(1))).rejects.toBe(refused);
  world.namespaces = { kept: [idOf(1)] };
  expect(await holderOf(idOf(1))).toBe('kept');
});
