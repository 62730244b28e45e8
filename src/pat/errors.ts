/**
 * The error catalogue of published ports: mappings, routers, servers and quotas, in addition to the errors of core.
 * docs/errors.md is checked against it both ways.
 */
import { entry, HIDDEN, hiding, list } from '../core/errors/entry.ts';
import { CORE_ERRORS } from '../core/errors/errors.ts';
import { type CodeOf, errorsOf, type FactsOf, PraasError } from '../core/errors/praas-error.ts';
import { counted } from '../core/values/counted.ts';
import {
  type Candidate,
  candidateText,
  type NotBehindRouter,
  namespaceStep,
  notBehindStep,
  notBehindText,
  ownerAsSeenBy,
  ownerText,
  type PortOwner,
  type PortReservation,
  reservationAsSeenBy,
  reservationText,
} from './error-facts.ts';

const present = (what: string, known: readonly string[]): string =>
  known.length === 0 ? `no ${what} present` : `${what}: ${list(known)}`;

export const PAT_ERRORS = {
  NOTHING_TO_UPDATE: entry(
    'Usage',
    (f: { id: string }) => `nothing to update in mapping ${f.id}`,
    () => ['Name at least one property; `praas pat update --help` lists them.'],
  ),
  ROUTER_REQUIRED: entry(
    'Usage',
    (_f: { field: string }) => '--router is required on a node without OpenStack',
    (f) => [`Use --router (in the API: ${f.field}) with the name of a network namespace.`],
  ),
  ROUTER_NOT_FOUND: entry(
    'NotFound',
    (f: { router: string; known: readonly string[]; is_own?: boolean; directory?: string }) =>
      `router ${f.router} not found on this node (${f.directory === undefined || f.known.length > 0 ? present('routers', f.known) : `no network namespace in ${f.directory}`})`,
    (f) => [
      f.directory === undefined || f.known.length > 0
        ? 'Run `praas router list` to see the routers of this node.'
        : 'Check netns_dir in praas.conf, and that the L3 agent runs; a container needs the directory of its node.',
    ],
    // A requester with a project is told of its own routers only.
    { redact: (f, { seesAll }) => (seesAll || f.is_own === true ? f : { router: f.router, known: [] }) },
  ),
  NO_GATEWAY: entry(
    'Conflict',
    (f: { router: string }) =>
      `router ${f.router} has no gateway address: no address on a qg- interface or on the interface of the default route`,
    () => ['Set the external gateway of the router, or name the address with --gateway.'],
  ),
  GATEWAY_NOT_LOCAL: entry(
    'Conflict',
    (f: { gateway: string; router: string; addresses: readonly string[] }) =>
      `${f.gateway} is not an address of router ${f.router} (addresses: ${list(f.addresses)})`,
    (f) => [
      f.addresses.length === 0
        ? 'Set the external gateway of the router, or use --force if the router gets this address later.'
        : 'Use one of its addresses, or --force if the router gets this address later.',
    ],
  ),
  SERVER_NOT_BEHIND_ROUTER: entry(
    'Conflict',
    (f: NotBehindRouter) => notBehindText(f),
    (f) => [notBehindStep(f)],
  ),
  PORT_TAKEN: entry(
    'Conflict',
    (f: { endpoint: string; by: PortOwner }) => `${f.endpoint} is in use by ${ownerText(f.by)}`,
    () => ['Use another --router-port; `pat create` without it takes the next free port.'],
    { redact: (f, viewer) => ({ ...f, by: ownerAsSeenBy(f.by, viewer) }) },
  ),
  PORT_RESERVED: entry(
    'Conflict',
    (f: { endpoint: string; by: PortReservation }) => `${f.endpoint} is ${reservationText(f.by)}`,
    () => ['Use another --router-port, or --force to publish this one.'],
    { redact: (f, viewer) => ({ ...f, by: reservationAsSeenBy(f.by, viewer) }) },
  ),
  NO_FREE_PORT: entry(
    'Conflict',
    (f: { first: number; last: number; protocol: string; gateway: string; mappings: number; others: number }) =>
      `no free ${f.protocol} port in ${f.first}:${f.last} on ${f.gateway}: ${f.mappings} of ${f.last - f.first + 1} ports have ` +
      `mappings, ${f.others} are in use or reserved`,
    () => ['Delete a mapping, use a --router-port outside the range, or widen router_port_range in praas.conf.'],
  ),
  MAPPING_NOT_FOUND: entry(
    'NotFound',
    (f: { id: string }) => `mapping ${f.id} not found`,
    () => ['Run `praas pat list` to see the mappings.'],
  ),
  MAPPING_EXISTS: entry(
    'Conflict',
    (f: { id: string }) => `mapping ${f.id} already exists`,
    (f) => [`Run \`praas pat show ${f.id}\` to see it.`],
  ),
  ID_AMBIGUOUS: entry(
    'Conflict',
    (f: { id: string; ids: readonly string[] }) => `mapping ID prefix ${f.id} is ambiguous: it matches ${list(f.ids)}`,
    () => ['Use a longer ID prefix.'],
  ),
  UNKNOWN_RULES: entry(
    'Conflict',
    (f: { router: string; count: number; state_dir: string }) =>
      `router ${f.router} has rules of ${counted(f.count, 'mapping')} that are not stored in ${f.state_dir}; ` +
      'the change would remove them',
    () => [
      'Check state_dir in `praas config show`, or use --force to remove the rules if their state directory is lost.',
    ],
    hiding({ state_dir: 'the state of this node' }),
  ),
  RULES_ELSEWHERE: entry(
    'Conflict',
    (f: { router: string; holder: string }) =>
      `rules of mappings of router ${f.router} are in the network namespace ${f.holder}, which is not the one of the router`,
    (f) => [
      ...(/^(?:qrouter|snat)-/.test(f.holder)
        ? ['Configure OpenStack, which tells on which side its gateway is.']
        : []),
      `Give the network namespace ${f.holder} the name of its router again, or delete it if the router is gone.`,
    ],
    hiding({ holder: 'of another name' }),
  ),
  ROUTER_SLOW: entry(
    'Unavailable',
    (f: { router: string; seconds: number }) =>
      `the change of router ${f.router} takes longer than ${f.seconds} seconds and continues in the background`,
    () => ['Check the load of this node and the log of the daemon.'],
  ),
  KERNEL_REFUSED: entry(
    'External',
    (f: { router: string; line: string; output: string }) =>
      `the kernel refused the rules for router ${f.router}; nothing was applied${f.line && `\n  ${f.line}`}\n  ${f.output}`,
    () => ['Run with --dry-run to see all rules of the change.'],
    hiding({ line: '', output: HIDDEN }),
  ),
  KERNEL_UNREADABLE: entry(
    'External',
    (f: { router: string; output: string }) => `cannot read the rules of router ${f.router}: ${f.output}`,
    () => ['Run `praas doctor` to check the programs and the kernel.'],
    hiding({ output: HIDDEN }),
  ),
  TABLE_UNREADABLE: entry(
    'External',
    (f: { router: string; table: string }) =>
      `cannot read the table ${f.table} of router ${f.router}: iptables does not show all of its rules`,
    (f) => [
      `Run \`ip netns exec ${f.router} nft -a list table ip ${f.table}\`. Move rules that were added with nft to another table; for the rest, ` +
        'select the variant of iptables that wrote them.',
    ],
  ),
  NAMESPACE_UNREADABLE: entry(
    'External',
    (f: { path: string; reason: string }) => `cannot enter the network namespace ${f.path}: ${f.reason}`,
    (f) => [namespaceStep(f.reason)],
    hiding({ path: 'of the router', reason: HIDDEN }),
  ),
  NAMESPACES_UNREADABLE: entry(
    'External',
    (f: { directory: string; reason: string }) =>
      `cannot read ${f.directory}, the directory of the network namespaces: ${f.reason}`,
    () => [
      'Check netns_dir in praas.conf; a container needs the directory of its node. After a boot, wait for the first network namespace.',
    ],
    hiding({ directory: 'netns_dir', reason: HIDDEN }),
  ),
  KERNEL_BUSY: entry(
    'Unavailable',
    (f: { router: string; seconds: number }) =>
      `the rules of router ${f.router} are locked: another process held the xtables lock or the Neutron lock for ${f.seconds} seconds; nothing was applied`,
    () => ['Try again.'],
  ),
  SERVER_NOT_FOUND: entry(
    'NotFound',
    (f: { server: string; known: readonly string[] }) =>
      `server ${f.server} not found (${present('servers', f.known)})`,
    () => ['Run `praas server list` to see the servers.'],
  ),
  PORT_NOT_FOUND: entry(
    'NotFound',
    (f: { port: string }) => `Neutron port ${f.port} not found`,
    () => ['Run `praas server list -c "Port IDs" -c Name` to see the ports.'],
  ),
  AMBIGUOUS: entry(
    'Conflict',
    (f: { what: string; candidates: readonly Candidate[] }) =>
      `${f.what} is ambiguous: it matches ${list(f.candidates.map(candidateText))}`,
    (f) => [
      f.candidates.some((each) => 'server_ip' in each) ? 'Use --server-ip or --port-id.' : 'Use the ID of one of them.',
    ],
  ),
  NO_OWN_SECURITY_GROUP: entry(
    'Conflict',
    (f: { port: string }) =>
      `cannot add a rule for port ${f.port}: none of its security groups belongs to the project of the port`,
    () => ['Assign a security group of the project to the port, or omit --open-security-group.'],
  ),
  ROUTER_NOT_CONNECTED: entry(
    'Conflict',
    (f: { router: string; server: string; known: readonly string[] } | { router?: undefined; server: string }) =>
      f.router === undefined
        ? `no router has an interface on the network of ${f.server}`
        : `router ${f.router} has no interface on the network of ${f.server} (routers that have one: ${list(f.known)})`,
    (f) => [
      f.router === undefined
        ? 'Connect a router with `openstack router add subnet`.'
        : 'Connect the router with `openstack router add subnet`, or use another router.',
    ],
  ),
  QUOTA_EXCEEDED: entry(
    'Conflict',
    (f: { project: string; what: string; limit: number; used: number; requested: number }) =>
      `quota exceeded for ${f.what} of project ${f.project}: limit ${f.limit}, in use ${f.used}, requested ${f.requested}`,
    () => ['Delete a mapping, or ask an operator to raise the quota (`praas quota set`).'],
  ),
  PROJECT_NOT_FOUND: entry(
    'NotFound',
    (f: { project: string }) => `project ${f.project} not found`,
    () => ['Run `praas quota show` to see the projects.'],
  ),
  QUOTAS_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string }) => `quota file ${f.path} is damaged: ${f.reason}`,
    (f) => [`Restore ${f.path} from a backup, or remove it to use the default quotas of praas.conf.`],
    hiding({ path: 'of this node', reason: HIDDEN }),
  ),
  IMPORT_UNFINISHED: entry(
    'External',
    (f: { router: string; reason: string }) =>
      `import of the rules of router ${f.router} is incomplete: ${f.reason}; the mappings are stored and no port was closed`,
    () => ['Correct the cause and run `praas pat import` again; a running daemon completes it by itself.'],
    hiding({ reason: HIDDEN }),
  ),
} as const;

/** All errors of operations on mappings. */
export const CATALOGUE = { ...CORE_ERRORS, ...PAT_ERRORS } as const;

export type ErrorCode = CodeOf<typeof CATALOGUE>;
export type ErrorFacts<C extends ErrorCode> = FactsOf<typeof CATALOGUE, C>;
export const { praasError, isPraasError } = errorsOf(CATALOGUE);
export { PraasError };
