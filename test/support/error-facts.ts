/** Every entry of the catalogues, with facts such as the code gives. A new code does not compile until it is here. */
import { ADMIN_ERRORS } from '../../src/admin/errors.ts';
import { A_KNOWN_FIELD, MISSING } from '../../src/core/errors/base-errors.ts';
import { CORE_ERRORS } from '../../src/core/errors/errors.ts';
import { errorsOf, type FactsOf, type PraasError } from '../../src/core/errors/praas-error.ts';
import { PAT_ERRORS } from '../../src/pat/errors.ts';

/** By product. A product that brings errors of its own is named here. */
export const CATALOGUES = { core: CORE_ERRORS, pat: PAT_ERRORS, admin: ADMIN_ERRORS } as const;

export const ALL_ERRORS = { ...CORE_ERRORS, ...PAT_ERRORS, ...ADMIN_ERRORS } as const;
export type ErrorCode = keyof typeof ALL_ERRORS;
export type ErrorFacts<C extends ErrorCode> = FactsOf<typeof ALL_ERRORS, C>;
export const CODES: readonly ErrorCode[] = Object.keys(ALL_ERRORS) as ErrorCode[];

const { praasError } = errorsOf(ALL_ERRORS);

/** The error of that code, made from facts such as the code gives. */
export function sampleOf(code: ErrorCode, facts: object = FACTS[code]): PraasError {
  return praasError(code, facts as never) as PraasError;
}

/** What the command line prints for an error: only golden files repeat its words. */
export function printedError<C extends ErrorCode>(code: C, facts: ErrorFacts<C>): string {
  const { message, nextSteps } = sampleOf(code, facts);
  return [`Error: ${message}`, ...nextSteps.map((step) => `  ${step}`), ''].join('\n');
}

export const FACTS: { readonly [C in ErrorCode]: ErrorFacts<C> } = {
  INVALID_INPUT: { field: 'server_port', found: '0', allowed: 'a whole number from 1 to 65535' },
  NOTHING_TO_UPDATE: { id: 'b0e5' },
  CONFIG_INVALID: {
    where: '/etc/praas.conf:2',
    key: 'port_app',
    found: '0',
    allowed: 'a whole number from 1 to 65535',
  },
  CONFIG_SYNTAX: { where: '/etc/praas.conf:3', found: 'unknown section [proxies]', allowed: '[praas]' },
  CONFIG_UNREADABLE: { path: '/etc/praas.conf', reason: 'permission denied' },
  NOT_PERMITTED: { what: 'praas pat create' },
  ROUTER_REQUIRED: { field: 'router_id' },
  ROUTER_NOT_FOUND: { router: 'edge', known: ['east', 'west'] },
  NO_GATEWAY: { router: 'edge' },
  GATEWAY_NOT_LOCAL: {
    gateway: '203.0.113.99',
    router: 'edge',
    addresses: ['203.0.113.10'],
  },
  SERVER_NOT_BEHIND_ROUTER: {
    cause: 'NOT_CONNECTED',
    server_ip: '192.0.2.1',
    router: 'edge',
    networks: ['10.20.0.0/24'],
  },
  PORT_TAKEN: {
    endpoint: '203.0.113.10:4000/tcp',
    by: { kind: 'mapping', id: 'b0e5', name: 'web', project_id: 'blue', server_ip: '10.20.0.51', server_port: 80 },
  },
  PORT_RESERVED: { endpoint: '203.0.113.10:500/udp', by: { kind: 'reserved' } },
  NO_FREE_PORT: { first: 4000, last: 4100, protocol: 'tcp', gateway: '203.0.113.10', mappings: 99, others: 2 },
  CLOUD_CONFIG_INVALID: { where: '/etc/openstack/clouds.yaml', reason: 'cloud demo not found; present: praas' },
  CLOUD_NOT_CONFIGURED: { path: '/usr/local/etc/praas/clouds.yaml', exists: false },
  CLOUD_UNAVAILABLE: { service: 'network', reason: 'connection refused' },
  CLOUD_REFUSED: { service: 'network', status: 403, reason: 'User does not have admin privileges' },
  CLOUD_BAD_RESPONSE: { service: 'identity', reason: 'the body is not JSON' },
  CLOUD_LOGIN_FAILED: {
    url: 'http://controller:5000/v3',
    reason: 'The request you have made requires authentication.',
  },
  SERVER_NOT_FOUND: { server: 'web', known: ['db'] },
  PORT_NOT_FOUND: { port: 'b0e5' },
  AMBIGUOUS: {
    what: 'router edge',
    candidates: [
      { id: 'a', project_id: 'p' },
      { id: 'b', project_id: 'q' },
    ],
  },
  NO_OWN_SECURITY_GROUP: { port: 'b0e5' },
  ROUTER_NOT_CONNECTED: { router: 'edge', server: 'web', known: ['other'] },
  QUOTA_EXCEEDED: { project: 'p', what: 'mappings', limit: 50, used: 50, requested: 1 },
  PROJECT_NOT_FOUND: { project: 'p' },
  QUOTAS_DAMAGED: { path: '/var/lib/praas/quotas.json', reason: 'it is not JSON' },
  POLICY_INVALID: {
    path: '/usr/local/etc/praas/policy.yaml',
    reason: 'unknown key "mapping:crate" in actions; did you mean mapping:create?',
  },
  MAPPING_NOT_FOUND: { id: 'b0e5' },
  MAPPING_EXISTS: { id: 'b0e5' },
  PRECONDITION_FAILED: { id: 'b0e5' },
  IDEMPOTENCY_KEY_REUSED: { key: 'k1' },
  UNAUTHENTICATED: { reason: 'no token was given' },
  FORBIDDEN: { who: 'ci (member)', what: 'sync routers', action: 'router:sync' },
  WRONG_SCOPE: { who: 'dom of domain Default', scope: 'a domain' },
  TOO_MANY_REQUESTS: { limit: 'writes_per_minute', most: 600, seconds: 30 },
  TOO_MANY_FAILURES: { address: '192.0.2.7', seconds: 60 },
  ROUTE_NOT_FOUND: { path: '/v2' },
  METHOD_NOT_ALLOWED: { method: 'PUT', path: '/v1/mappings', allowed: ['GET', 'POST'] },
  REQUEST_UNREADABLE: { reason: 'it is not JSON' },
  BODY_TOO_LARGE: { limit_bytes: 1_048_576 },
  BODY_TOO_COMPLEX: { what: 'levels', most: 32 },
  TOKEN_NOT_FOUND: { token: 'ci' },
  TOKENS_DAMAGED: { path: '/etc/tokens.json', reason: 'it is not JSON' },
  TOKEN_EXISTS: { name: 'ci' },
  LISTEN_FAILED: { where: '127.0.0.1:3000', reason: 'address already in use' },
  TLS_INVALID: { path: '/etc/cert.pem', reason: 'no such file or directory' },
  DAEMON_UNREACHABLE: { url: 'https://node:3000', reason: 'connection refused' },
  DAEMON_BAD_RESPONSE: { url: 'https://node:3000', reason: 'HTTP 404 without an error document' },
  ID_AMBIGUOUS: { id: 'b0', ids: ['b0e5', 'b0e6'] },
  UNKNOWN_RULES: { router: 'edge', count: 3, state_dir: '/var/lib/praas' },
  STORE_LOCKED: {
    path: '/var/lib/praas/lock',
    holder: '`praas serve` (process 7, since 2030-01-01T00:00:00Z)',
    seconds: 10,
  },
  STORE_DAMAGED: {
    path: '/var/lib/praas/edge.json',
    reason: 'it has no complete line',
    aside: '/var/lib/praas/edge.aside',
  },
  STORE_TOO_NEW: { path: '/var/lib/praas/edge.json', version: 9, known: 1 },
  STORE_UNREADABLE: { path: '/var/lib/praas/edge.json', reason: 'i/o error' },
  STORE_FULL: { path: '/var/lib/praas/edge.json' },
  UNSAFE_DIRECTORY: { path: '/srv/shared', reason: 'every user can write to it' },
  STORE_FAILED: { path: '/var/lib/praas/edge.json', reason: 'read-only file system' },
  TOOL_MISSING: { tool: 'nft', package: 'nftables' },
  TOOL_TIMEOUT: { command: 'nft -f -', seconds: 30 },
  RULES_ELSEWHERE: { router: 'edge', holder: 'kept' },
  ROUTER_SLOW: { router: 'edge', seconds: 5 },
  TOOL_BAD_OUTPUT: { command: 'iptables-save', output: '<html>' },
  TOOL_FAILED: { command: 'conntrack -D', exit_code: 1, output: 'Operation failed' },
  KERNEL_REFUSED: { router: 'edge', line: '-A custom-PREROUTING', output: 'No such file' },
  KERNEL_UNREADABLE: {
    router: 'edge',
    output: 'iptables-save v1.8.9 (nf_tables): Could not fetch rule set generation id',
  },
  TABLE_UNREADABLE: { router: 'qrouter-1', table: 'nat' },
  NAMESPACE_UNREADABLE: {
    path: '/run/netns/edge',
    reason: "reassociate to namespace 'ns/net' failed: Operation not permitted",
  },
  NAMESPACES_UNREADABLE: { directory: '/run/netns', reason: 'ENOENT' },
  KERNEL_BUSY: { router: 'edge', seconds: 10 },
  INTERRUPTED: { signal_number: 15 },
  DEMO_RUNNING: { path: '/run/praas-demo.lock' },
  DEMO_FAILED: { step: 'praas pat create', output: 'connection refused' },
  INSTALL_FAILED: { step: 'install /usr/local/bin/praas', reason: 'no space left on device', left: [] },
  IMPORT_UNFINISHED: { router: 'edge', reason: 'iptables-restore timed out: killed after 10 seconds' },
  IMAGE_LINK: { link: '/etc/systemd', root: '/mnt/image', reason: '/mnt/image/outside does not exist' },
  NOT_INSTALLED: { path: '/usr/local/lib/praas/installed.json' },
  INSTALLED_BY_PACKAGE: { path: '/usr/bin/praas', package: 'praas' },
  INVENTORY_DAMAGED: { path: '/usr/local/lib/praas/installed.json' },
  NOT_AN_EXECUTABLE: { path: '/usr/bin/node' },
  CONFIG_REJECTED: { version: '2.0.0', reason: '/etc/praas.conf:2: port_app is 0; allowed: 1 to 65535' },
  NOT_A_PRAAS: { path: './praas-new', reason: 'no such file' },
  SERVICE_NOT_READY: { service: 'praas-pat-agent.service', journal: 'Error: the port is in use\nstopped' },
};

/** Facts that give another sentence; several where there are several. */
const OTHER_FACTS: { readonly [C in ErrorCode]?: ErrorFacts<C> | readonly ErrorFacts<C>[] } = {
  CLOUD_REFUSED: [
    { service: 'network', status: 401, reason: 'no reason given' },
    { service: 'network', status: 409, reason: 'Quota exceeded for resources', type: 'OverQuota' },
    { service: 'network', status: 409, reason: 'Security group rule already exists' },
  ],
  CLOUD_NOT_CONFIGURED: { ...FACTS.CLOUD_NOT_CONFIGURED, exists: true },
  CONFIG_SYNTAX: { where: '/etc/praas.conf:3', found: 'unknown section [pras]', nearest: '[praas]' },
  ROUTER_NOT_FOUND: [
    { router: 'edge', known: [] },
    { router: 'edge', known: [], directory: '/run/netns' },
  ],
  SERVER_NOT_BEHIND_ROUTER: [
    { cause: 'ROUTER_ADDRESS', server_ip: '10.20.0.1', router: 'edge' },
    { cause: 'NETWORK_ADDRESS', server_ip: '10.20.0.255', network: '10.20.0.0/24' },
    { cause: 'OTHER_ADDRESS', server_ip: '10.20.0.99', server: 'web', addresses: ['10.20.0.51'] },
    { cause: 'NO_IPV4_ADDRESS', server: 'web' },
  ],
  PORT_TAKEN: [
    {
      ...FACTS.PORT_TAKEN,
      by: { kind: 'mapping', id: 'b0e5', name: '', project_id: null, server_ip: '10.20.0.51', server_port: 80 },
    },
    { ...FACTS.PORT_TAKEN, by: { kind: 'hidden' } },
    { ...FACTS.PORT_TAKEN, by: { kind: 'rule', rule: '-A custom-PREROUTING -p tcp --dport 4000 -j DNAT' } },
  ],
  PORT_RESERVED: [
    { ...FACTS.PORT_RESERVED, by: { kind: 'listener', socket: '0.0.0.0:500' } },
    { ...FACTS.PORT_RESERVED, by: { kind: 'listener', socket: '' } },
  ],
  AMBIGUOUS: [
    {
      what: 'the router of web',
      candidates: [
        { id: 'a', name: 'edge' },
        { id: 'b', name: 'other' },
      ],
    },
    {
      what: 'the address of web',
      candidates: [
        { server_ip: '10.20.0.51', port_id: 'a' },
        { server_ip: '10.20.0.52', port_id: 'a' },
      ],
    },
  ],
  ROUTER_NOT_CONNECTED: { server: 'web' },
  GATEWAY_NOT_LOCAL: { ...FACTS.GATEWAY_NOT_LOCAL, addresses: [] },
  STORE_DAMAGED: { ...FACTS.STORE_DAMAGED, aside: undefined },
  KERNEL_REFUSED: { ...FACTS.KERNEL_REFUSED, line: '' },
  NAMESPACE_UNREADABLE: {
    path: '/run/netns/edge',
    reason: "reassociate to namespace 'ns/net' failed: Invalid argument",
  },
  INSTALL_FAILED: {
    ...FACTS.INSTALL_FAILED,
    left: ['restart the services that ran before: praas-pat-agent.service did not become ready'],
  },
  SERVICE_NOT_READY: { ...FACTS.SERVICE_NOT_READY, journal: '' },
  INTERRUPTED: [
    { ...FACTS.INTERRUPTED, may_have_changed: true },
    { ...FACTS.INTERRUPTED, work: 'query' },
    { ...FACTS.INTERRUPTED, work: 'installation' },
  ],
  INVALID_INPUT: [
    { field: 'router_id', found: MISSING, allowed: 'a router UUID or the name of a network namespace' },
    { field: 'input', found: '"colour"', allowed: A_KNOWN_FIELD },
  ],
  DAEMON_UNREACHABLE: [
    { ...FACTS.DAEMON_UNREACHABLE, may_have_changed: true },
    { ...FACTS.DAEMON_UNREACHABLE, url: '/run/praas/praas.sock' },
  ],
  TLS_INVALID: {
    path: '/etc/key.pem',
    reason: 'gives other users access to the private key',
    mode: '0644',
  },
  DAEMON_BAD_RESPONSE: { ...FACTS.DAEMON_BAD_RESPONSE, may_have_changed: true },
  BODY_TOO_COMPLEX: { what: 'values', most: 100_000 },
};

/** All facts that there are of a code: one for each sentence that it can give. */
export function allFactsOf(code: ErrorCode): readonly object[] {
  return [FACTS[code], ...[OTHER_FACTS[code] ?? []].flat()];
}
