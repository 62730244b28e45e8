/**
 * The catalogue of published ports: what can go wrong with mappings, routers, servers and quotas, on top of what can go wrong
 * with everything. docs/errors.md is checked against it both ways.
 */
import { entry, list } from '../core/errors/entry.ts';
import { CORE_ERRORS } from '../core/errors/errors.ts';
import { type CodeOf, errorsOf, type FactsOf, PraasError } from '../core/errors/praas-error.ts';

export const PAT_ERRORS = {
  NOTHING_TO_UPDATE: entry(
    'Usage',
    (f: { id: string }) => `nothing to change in mapping ${f.id} was given`,
    () => ['Name at least one of the options that `praas pat update --help` lists.'],
  ),
  ROUTER_NOT_FOUND: entry(
    'NotFound',
    (f: { router: string; known: readonly string[]; is_own?: boolean }) =>
      `no router ${f.router} on this node; there are: ${list(f.known)}`,
    () => ['`praas router list` shows the routers of this node with their addresses.'],
    // Callers of one project are told of their own routers only.
    (f) => (f.is_own === true ? f : { ...f, known: [] }),
  ),
  NO_GATEWAY: entry(
    'Conflict',
    (f: { router: string }) =>
      `router ${f.router} has no gateway address: no address on a qg- interface and none on the interface of a default route`,
    () => ['Set the gateway of the router, or name the address with --gateway.'],
  ),
  GATEWAY_NOT_LOCAL: entry(
    'Conflict',
    (f: { gateway: string; router: string; addresses: readonly string[] }) =>
      `${f.gateway} is not an address of router ${f.router}; its addresses: ${list(f.addresses)}`,
    () => ['Choose one of them, or use --force if the address is going to be there.'],
  ),
  SERVER_NOT_BEHIND_ROUTER: entry(
    'Conflict',
    (f: { reason: string }) => f.reason,
    () => ['Check --server-ip. If the server is reached in a way that the router does not show, use --force.'],
  ),
  PORT_TAKEN: entry(
    'Conflict',
    (f: { endpoint: string; by: string }) => `${f.endpoint} is taken by ${f.by}`,
    () => ['Choose another --router-port, or leave it out to get a free one.'],
  ),
  PORT_RESERVED: entry(
    'Conflict',
    (f: { endpoint: string; by: string }) => `${f.endpoint} is kept for ${f.by}`,
    () => ['Choose another --router-port, or use --force if publishing it is what you want.'],
  ),
  NO_FREE_PORT: entry(
    'Conflict',
    (f: { first: number; last: number; protocol: string; gateway: string; mappings: number; others: number }) =>
      `no free ${f.protocol} port left in ${f.first}:${f.last} on ${f.gateway}: ${f.last - f.first + 1} ports, ` +
      `${f.mappings} with mappings, ${f.others} used or kept otherwise`,
    () => ['Delete a mapping, name a --router-port outside the range, or widen router_port_range in praas.conf.'],
  ),
  MAPPING_NOT_FOUND: entry(
    'NotFound',
    (f: { id: string }) => `no mapping ${f.id}`,
    () => ['`praas pat list` shows the mappings there are.'],
  ),
  MAPPING_EXISTS: entry(
    'Conflict',
    (f: { id: string }) => `there is a mapping ${f.id} already`,
    () => ['`praas pat show` says what it is.'],
  ),
  ID_AMBIGUOUS: entry(
    'Conflict',
    (f: { id: string; ids: readonly string[] }) => `${f.id} stands for ${f.ids.length} mappings: ${list(f.ids)}`,
    () => ['Give more of the ID.'],
  ),
  UNKNOWN_RULES: entry(
    'Conflict',
    (f: { router: string; count: number; state_dir: string }) =>
      `router ${f.router} holds ${f.count} mapping(s) of praas that the state directory ${f.state_dir} has never known; ` +
      'going on would remove them',
    () => [
      'Check state_dir (`praas config show`): these mappings probably belong to another one.',
      'If they are left over from a state that is lost, use --force to have them removed.',
    ],
  ),
  ROUTER_SLOW: entry(
    'Unavailable',
    (f: { router: string; seconds: number }) => `router ${f.router} takes longer than ${f.seconds} seconds`,
    () => ['What was begun there goes on. Look at the load of this node and at the log of the PAT agent.'],
  ),
  KERNEL_REFUSED: entry(
    'External',
    (f: { router: string; line: string; output: string }) =>
      `the kernel refused the change for router ${f.router}, nothing was applied${f.line && `\n  ${f.line}`}\n  ${f.output}`,
    () => ['`--dry-run` shows the whole change.'],
  ),
  KERNEL_BUSY: entry(
    'Unavailable',
    (f: { router: string; seconds: number }) =>
      `another program kept the rules of router ${f.router} locked for ${f.seconds} seconds; nothing was applied`,
    () => ['Try again.'],
  ),
  SERVER_NOT_FOUND: entry(
    'NotFound',
    (f: { server: string; known: readonly string[] }) => `no server ${f.server}; there are: ${list(f.known)}`,
    () => ['`praas server list` shows the servers that can be published.'],
  ),
  PORT_NOT_FOUND: entry(
    'NotFound',
    (f: { port: string }) => `no Neutron port ${f.port}`,
    () => ['`praas server list` shows the servers that can be published, with their addresses.'],
  ),
  AMBIGUOUS: entry(
    'Conflict',
    (f: { what: string; candidates: readonly string[] }) => `${f.what} is not clear; there are: ${list(f.candidates)}`,
    () => ['Name one of them by its ID.'],
  ),
  ROUTER_NOT_CONNECTED: entry(
    'Conflict',
    (f: { router: string; server: string; known: readonly string[] }) =>
      `router ${f.router} has no interface on the network of ${f.server}; routers that have one: ${list(f.known)}`,
    () => ['Connect the router to the network (openstack router add subnet), or choose another router.'],
  ),
  QUOTA_EXCEEDED: entry(
    'Conflict',
    (f: { project: string; what: string; limit: number; used: number; asked: number }) =>
      `the quota of project ${f.project} allows ${f.limit} ${f.what}; ${f.used} are there and ${f.asked} more asked for`,
    () => ['Remove a mapping that is not needed, or ask an operator for more (`praas quota set`).'],
  ),
  PROJECT_NOT_FOUND: entry(
    'NotFound',
    (f: { project: string }) => `no project ${f.project}`,
    () => ['`praas quota show` shows the projects that there are for you.'],
  ),
  QUOTAS_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string }) => `the quota file ${f.path} cannot be used: ${f.reason}`,
    (f) => [`Put a good copy at ${f.path}, or remove it: then the quotas of praas.conf hold for every project.`],
  ),
  IMPORT_UNFINISHED: entry(
    'External',
    (f: { router: string; reason: string }) =>
      `rules of router ${f.router} are being taken over, and that did not come to its end: ${f.reason}; ` +
      'its mappings are stored, and no port was closed',
    () => ['Put right what it says, and run `praas pat import` again. The PAT agent finishes it by itself.'],
  ),
} as const;

/** All that an operation on mappings can end with. */
export const CATALOGUE = { ...CORE_ERRORS, ...PAT_ERRORS } as const;

export type ErrorCode = CodeOf<typeof CATALOGUE>;
export type ErrorFacts<C extends ErrorCode> = FactsOf<typeof CATALOGUE, C>;
export const { praasError, isPraasError } = errorsOf(CATALOGUE);
export { PraasError };
