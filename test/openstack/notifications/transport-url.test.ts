/** transport_url, as oslo.messaging writes it. */
import { expect, test } from '@jest/globals';
import { parseTransport } from '../../../src/openstack/notifications/transport-url.ts';

const broker = (hostname: string, port: number, username = 'guest', password = 'guest') => ({
  hostname,
  port,
  username,
  password,
});

test.each<[string, object]>([
  ['rabbit://127.0.0.1', { brokers: [broker('127.0.0.1', 5672)], vhost: '/', isTls: false, caFile: undefined }],
  ['rabbit://openstack:s%40cret@mq:5673/', { brokers: [broker('mq', 5673, 'openstack', 's@cret')], vhost: '/' }],
  [
    'rabbit://a:b@h1,c:d@h2:5671/nova?ssl=1',
    { brokers: [broker('h1', 5671, 'a', 'b'), broker('h2', 5671, 'c', 'd')], vhost: 'nova', isTls: true },
  ],
  ['rabbit://a:b@[2001:db8::7]:5672/%2Fx', { brokers: [broker('2001:db8::7', 5672, 'a', 'b')], vhost: '/x' }],
  ['rabbit://mq/?ssl=true&ssl_ca_file=/etc/ca.pem', { isTls: true, caFile: '/etc/ca.pem' }],
])('%s', (text, transport) => {
  expect(parseTransport(text)).toMatchObject(transport);
});

test.each([
  '',
  'amqp://mq',
  'rabbit://',
  'rabbit:///vhost',
  'rabbit://mq:0',
  'rabbit://mq:70000',
  'rabbit://a b',
  'rabbit://mq,',
  'rabbit://%zz:x@mq',
  'rabbit://mq/?verify=no',
])('%j is none', (text) => {
  expect(parseTransport(text)).toBeUndefined();
});
