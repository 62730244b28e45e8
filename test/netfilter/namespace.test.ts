import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Namespaces } from '../../src/netfilter/namespace.ts';
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

test('a name without a namespace behind it is no router, and is not offered as one in the same breath', async () => {
  const entering = namespaces.run('edge', { file: 'true', args: [] });
  await expect(entering).rejects.toMatchObject({
    code: 'ROUTER_NOT_FOUND',
    message: `no router edge on this node; there are: qrouter-${UUID}, west`,
  });
  const neutron = namespaces.run(await namespaces.resolve(UUID), { file: 'true', args: [] });
  await expect(neutron).rejects.toMatchObject({ facts: { router: `qrouter-${UUID}`, known: ['edge', 'west'] } });
});

test('for a router without a name the others are offered', async () => {
  await expect(namespaces.resolve('nowhere')).rejects.toMatchObject({
    message: `no router nowhere on this node; there are: edge, qrouter-${UUID}, west`,
  });
});
