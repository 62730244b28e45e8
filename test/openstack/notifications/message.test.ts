/** What of a notification counts. The messages are as a real Neutron, Nova and Keystone sent them, shortened. */
import { expect, test } from '@jest/globals';
import { idsIn } from '../../../src/openstack/notifications/message.ts';

const PORT = '4e1ee9d0-3aca-4393-9138-d0f236f7fb06';
const SERVER = 'bfe1fd11-1d18-4aff-9dce-a1f8961a546f';
const PROJECT = '934a7ccb92f143138b1538a08ecf1ea2';
const NETWORK = '50ca726a-5893-4d18-9770-31225260e85f';

const wrapped = (event_type: string, payload: unknown): string =>
  JSON.stringify({
    'oslo.version': '2.0',
    'oslo.message': JSON.stringify({ event_type, payload, _context_project_id: PROJECT, priority: 'INFO' }),
  });

const port = {
  id: PORT,
  device_id: SERVER,
  network_id: NETWORK,
  project_id: PROJECT,
  tenant_id: PROJECT,
  security_groups: ['88a9ad61-1553-4590-9329-3e7d6b367bfd'],
  fixed_ips: [{ ip_address: '10.20.0.77', subnet_id: '43f50a07-e71a-45af-ab30-20d7ccd2fc30' }],
};

test.each<[string, unknown, readonly string[]]>([
  ['port.delete.end', { port, port_id: PORT }, [PORT, SERVER]],
  ['port.update.end', { port }, [PORT, SERVER]],
  ['compute.instance.delete.end', { instanceId: SERVER, tenant_id: PROJECT, host: 'node' }, [SERVER]],
  ['router.interface.delete', { routerInterface: { id: SERVER, port_id: PORT, network_id: NETWORK } }, [SERVER, PORT]],
  ['identity.project.deleted', { resourceInfo: PROJECT, request_id: 'req-1' }, [PROJECT]],
])('%s is about these', (event_type, payload, ids) => {
  expect(idsIn(wrapped(event_type, payload))).toEqual(expect.arrayContaining([...ids]));
  expect(idsIn(JSON.stringify({ event_type, payload }))).toEqual(idsIn(wrapped(event_type, payload)));
});

test('what it belongs to is not what it is about', () => {
  expect(idsIn(wrapped('port.update.end', { port }))).not.toEqual(expect.arrayContaining([PROJECT]));
  expect(idsIn(wrapped('port.update.end', { port }))).not.toEqual(expect.arrayContaining([NETWORK]));
});

test('what only begins has not happened', () => {
  expect(idsIn(wrapped('port.delete.start', { port_id: PORT }))).toEqual([]);
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"oslo.message": "{"}',
  '{"oslo.message": 7}',
  '{"event_type": 7}',
  '\u0000',
])('nothing in %j', (text) => {
  expect(idsIn(Buffer.from(text))).toEqual([]);
});

test('neither depth nor size is without end', () => {
  let deep: unknown = PORT;
  for (let level = 0; level < 500; level++) deep = [deep];
  const many = Array.from({ length: 5000 }, (_, n) => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`);

  expect(idsIn(wrapped('x', deep))).toEqual([]);
  expect(idsIn(wrapped('x', many)).length).toBe(100);
});
