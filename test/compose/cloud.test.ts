import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildCloud } from '../../src/compose/cloud.ts';
import { connectError } from '../../src/compose/doctor-evidence.ts';
import { certificate } from '../pat/client/support.ts';
import { FakeOpenStack } from '../support/fake-openstack.ts';

const SILENT = { info: () => undefined, warn: () => undefined };
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-cloud-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the date of a cloud with a private authority is read with the cacert of clouds.yaml', async () => {
  const fake = await FakeOpenStack.start(Date.now);
  const { cert, key } = certificate('localhost', directory);
  const secure = createTlsServer({ cert, key }, (socket) => {
    const behind = connect(Number(new URL(fake.keystone).port), '127.0.0.1');
    socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const cacert = join(directory, 'ca.pem');
  writeFileSync(cacert, cert);
  const clouds_path = join(directory, 'clouds.yaml');
  const auth = {
    auth_url: `https://localhost:${portOf(secure)}/identity/v3`,
    username: 'praas',
    password: 'secret',
    project_name: 'service',
    user_domain_name: 'Default',
    project_domain_name: 'Default',
  };
  writeFileSync(clouds_path, JSON.stringify({ clouds: { praas: { auth, cacert } } }));

  const built = await buildCloud({ clouds_path, cloud_name: '' }, {}, SILENT);
  const date = await built?.date().finally(() => {
    built.close();
    secure.close();
  });
  await fake.stop();

  expect(Date.parse(date ?? '')).not.toBeNaN();
});

test.each(['clouds.yaml', 'the cacert'])('a FIFO in the place of %s is refused and not waited for', async (place) => {
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const clouds_path = place === 'clouds.yaml' ? fifo : join(directory, 'clouds.yaml');
  const auth = { auth_url: 'https://localhost/v3', username: 'praas', password: 'secret', project_name: 'service' };
  const cloud = { auth: { ...auth, user_domain_name: 'Default', project_domain_name: 'Default' }, cacert: fifo };
  if (clouds_path !== fifo) writeFileSync(clouds_path, JSON.stringify({ clouds: { praas: cloud } }));

  await expect(buildCloud({ clouds_path, cloud_name: '' }, {}, SILENT)).rejects.toMatchObject({
    code: 'CLOUD_CONFIG_INVALID',
  });
});

test('why a broker accepts no connection, in words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${portOf(server)}`;
  expect(await connectError(address)).toBeUndefined();
  server.close();
  await once(server, 'close');

  expect(await connectError(address)).toBe('connection refused');
});
