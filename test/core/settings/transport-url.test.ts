/** transport_url, as oslo.messaging writes it. */
import { expect, test } from '@jest/globals';
import { parseTransport } from '../../../src/core/settings/transport-url.ts';

const broker = (hostname: string, port: number, username = 'guest', password = 'guest') => ({
  hostname,
  port,
  username,
  password,
});
const TLS = { caFile: undefined, certFile: undefined, keyFile: undefined, version: undefined, hasHostnameCheck: true };

test.each<[string, object]>([
  ['rabbit://127.0.0.1', { brokers: [broker('127.0.0.1', 5672)], vhost: '/', tls: undefined }],
  ['rabbit://openstack:s%40cret@mq:5673/', { brokers: [broker('mq', 5673, 'openstack', 's@cret')], vhost: '/' }],
  [
    'rabbit://a:b@h1,c:d@h2:5671/nova?ssl=1',
    { brokers: [broker('h1', 5671, 'a', 'b'), broker('h2', 5671, 'c', 'd')], vhost: 'nova', tls: TLS },
  ],
  ['rabbit://a:b@[2001:db8::7]:5672/%2Fx', { brokers: [broker('2001:db8::7', 5672, 'a', 'b')], vhost: '/x' }],
  ['rabbit://[::1]', { brokers: [broker('::1', 5672)] }],
  ['rabbit://mq/?ssl=true&ssl_ca_file=/etc/ca.pem', { tls: { ...TLS, caFile: '/etc/ca.pem' } }],
  ['RABBIT://mq:/', { brokers: [broker('mq', 5672)] }],
  ['kombu+rabbit://a:b@mq//', { brokers: [broker('mq', 5672, 'a', 'b')], vhost: '/' }],
  ['kombu://mq', { brokers: [broker('mq', 5672)] }],
  ['rabbit://', { brokers: [broker('localhost', 5672)] }],
  ['rabbit://a:b@/nova', { brokers: [broker('localhost', 5672, 'a', 'b')], vhost: 'nova' }],
  ['rabbit://a:b@h1,,h2,', { brokers: [broker('h1', 5672, 'a', 'b'), broker('h2', 5672)] }],
  // What is not encoded ends where Python ends it.
  ['rabbit://u@realm:p:w@x@mq/', { brokers: [broker('mq', 5672, 'u@realm', 'p:w@x')] }],
  ["rabbit://u:a;b!$&'()*+=~@mq/", { brokers: [broker('mq', 5672, 'u', "a;b!$&'()*+=~")] }],
  ['rabbit://u:100%zz%C3%A9@mq/', { brokers: [broker('mq', 5672, 'u', '100%zzé')] }],
])('%s', (text, transport) => {
  expect(parseTransport(text)).toMatchObject(transport);
});

test.each<[string, object]>([
  ['ssl=1&ssl_cert_file=/c&ssl_key_file=/k', { tls: { ...TLS, certFile: '/c', keyFile: '/k' } }],
  ['ssl=1&ssl_cert_file=/both', { tls: { ...TLS, certFile: '/both', keyFile: '/both' } }],
  ['ssl=yes&ssl_version=TLSv1_2', { tls: { ...TLS, version: 'TLSv1.2' } }],
  ['ssl=on&ssl_version=SSLv23', { tls: TLS }],
  ['ssl=1&ssl_enforce_hostname_verification=false', { tls: { ...TLS, hasHostnameCheck: false } }],
  ['rabbit_use_ssl=1&kombu_ssl_ca_certs=/ca', { tls: { ...TLS, caFile: '/ca' } }],
  ['ssl=1&ssl_cert_file=/c&rabbit_login_method=EXTERNAL', { isExternalLogin: true }],
  ['rabbit_login_method=AMQPLAIN', { isExternalLogin: false, ignoredOptions: [] }],
  [
    'rabbit_quorum_queue=true&heartbeat_timeout_threshold=60&rpc_reply_retry_attempts=3',
    {
      tls: undefined,
      ignoredOptions: ['rabbit_quorum_queue', 'heartbeat_timeout_threshold', 'rpc_reply_retry_attempts'],
    },
  ],
  ['ssl_ca_file=/ca&ssl_version=TLSv1_2', { tls: undefined, ignoredOptions: ['ssl_ca_file', 'ssl_version'] }],
  ['ssl=&heartbeat=', { tls: undefined, ignoredOptions: [] }],
  ['ssl=0', { tls: undefined }],
])('options %s', (query, transport) => {
  expect(parseTransport(`rabbit://u:p@mq/?${query}`)).toMatchObject(transport);
});

test.each([
  ['amqp://u:s3cret@mq', /driver amqp/],
  ['mq:5672', /rabbit:\/\//],
  ['rabbit://u:s3cret@mq:0', /port/],
  ['rabbit://u:s3cret@mq:70000', /port/],
  ['rabbit://u:s3cret@h1,u:s3cret@h2:x', /port.*broker 2/],
  ['rabbit://u:s3 cret@mq', /space/],
  ['rabbit://u:s3cr#et@mq', /%23/],
  ['rabbit://u:s3/cret@mq', /@ after/],
  ['rabbit://u:12/s3cret@mq', /@ after/],
  ['rabbit://u:12?s3cret=x@mq', /@ after/],
  ['rabbit://u:s3cret@[::g]/', /host/],
  ['rabbit://u:s3cret@h"q/', /host/],
  ['"rabbit://u:s3cret@mq/"', /rabbit:\/\//],
  ['rabbit://u:s3cret@mq/?ssl=maybe', /option ssl /],
  ['rabbit://u:s3cret@mq/?ssl=1&ssl_ca_file=ca.pem', /option ssl_ca_file .*absolute/],
  ['rabbit://u:s3cret@mq/?ssl=1&ssl_version=SSLv3', /option ssl_version .*TLSv1_2/],
  ['rabbit://u:s3cret@mq/?ssl=1&ssl_key_file=/k', /ssl_key_file.*ssl_cert_file/],
  ['rabbit://u:s3cret@mq/?ssl_ca_flie=/x', /option ssl_ca_flie/],
  ['rabbit://u:s3cret@mq/?ssl=1&ssl_enforce_fips_mode=true', /ssl_enforce_fips_mode/],
  ['rabbit://u:s3cret@mq/?rabbit_login_method=RABBIT-CR-DEMO', /rabbit_login_method/],
  ['rabbit://u:s3cret@mq/?rabbit_login_method=EXTERNAL', /EXTERNAL.*ssl_cert_file/],
])('%s is refused by name, without its password', (text, problem) => {
  const parsed = parseTransport(text);

  expect(parsed).toEqual({ problem: expect.stringMatching(problem) });
  expect(JSON.stringify(parsed)).not.toMatch(/s3|cret/);
});
