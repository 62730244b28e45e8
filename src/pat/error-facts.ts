/** Facts of errors that are one of several cases, and how each case reads. */
import { list, type Viewer } from '../core/errors/entry.ts';
import type { PatAction } from './actions.ts';

const DETAILS: PatAction = 'router:details';

/** Why an address is not that of a server behind a router. */
export type NotBehindRouter =
  | {
      readonly cause: 'NOT_CONNECTED';
      readonly server_ip: string;
      readonly router: string;
      readonly networks: readonly string[];
    }
  | { readonly cause: 'ROUTER_ADDRESS'; readonly server_ip: string; readonly router: string }
  | { readonly cause: 'NETWORK_ADDRESS'; readonly server_ip: string; readonly network: string }
  | {
      readonly cause: 'OTHER_ADDRESS';
      readonly server_ip: string;
      readonly server: string;
      readonly addresses: readonly string[];
    }
  | { readonly cause: 'NO_IPV4_ADDRESS'; readonly server: string };

export function notBehindText(f: NotBehindRouter): string {
  switch (f.cause) {
    case 'NOT_CONNECTED':
      return `${f.server_ip} is not behind router ${f.router} (networks behind it: ${list(f.networks)})`;
    case 'ROUTER_ADDRESS':
      return `${f.server_ip} is an address of router ${f.router} itself`;
    case 'NETWORK_ADDRESS':
      return `${f.server_ip} is the network or broadcast address of ${f.network}`;
    case 'OTHER_ADDRESS':
      return `${f.server_ip} is not an address of ${f.server} (addresses: ${list(f.addresses)})`;
    default:
      return `${f.server} has no IPv4 address`;
  }
}

export function notBehindStep({ cause }: NotBehindRouter): string {
  if (cause === 'OTHER_ADDRESS') return 'Use one of its addresses.';
  if (cause === 'NO_IPV4_ADDRESS') return 'Add an IPv4 address to the port, or use another server.';
  if (cause !== 'NOT_CONNECTED') return 'Use the address of the server for --server-ip.';
  return 'Check --server-ip, or use --force if the router reaches the server in another way.';
}

/** Takes why a network namespace cannot be entered, as nsenter or the kernel says it. */
export function namespaceStep(reason: string): string {
  return /Operation not permitted|Permission denied|EPERM|EACCES/.test(reason)
    ? 'Run praas as root with CAP_SYS_ADMIN; `praas doctor` shows the missing capabilities.'
    : 'Check that a network namespace is mounted on the file; a container needs the directory with shared mount propagation.';
}

/** What has a port that no new mapping may have. */
export type PortOwner =
  | {
      readonly kind: 'mapping';
      readonly id: string;
      readonly name: string;
      readonly project_id: string | null;
      readonly server_ip: string;
      readonly server_port: number;
    }
  | { readonly kind: 'rule'; readonly rule: string }
  /** What the requester may not see. */
  | { readonly kind: 'hidden' };

/** Why a port needs --force. */
export type PortReservation = { readonly kind: 'listener'; readonly socket: string } | { readonly kind: 'reserved' };

/** A mapping of another project, and the rules of other programs, are in use without a word of what they are. */
export function ownerAsSeenBy(by: PortOwner, viewer: Viewer): PortOwner {
  const isVisible = by.kind === 'mapping' ? viewer.sees(by.project_id) : viewer.allows(DETAILS);
  return isVisible ? by : { kind: 'hidden' };
}

export function reservationAsSeenBy(by: PortReservation, viewer: Viewer): PortReservation {
  return by.kind === 'reserved' || viewer.allows(DETAILS) ? by : { kind: 'listener', socket: '' };
}

export function ownerText(by: PortOwner): string {
  if (by.kind === 'hidden') return 'a rule or mapping that you may not see';
  if (by.kind === 'rule') return `an unmanaged rule: ${by.rule}`;
  return `mapping ${by.id}${by.name && ` (${by.name})`} to ${by.server_ip}:${by.server_port}`;
}

export function reservationText(by: PortReservation): string {
  if (by.kind === 'listener') return `in use: a process listens${by.socket && ` on ${by.socket}`}`;
  return 'reserved for services of the router (reserved_ports in praas.conf)';
}

/** One of several that a request may mean: a server or a router by its name, a connected router, or an address of a server. */
export type Candidate =
  | { readonly id: string; readonly project_id: string }
  | { readonly id: string; readonly name: string }
  | { readonly server_ip: string; readonly port_id: string };

export function candidateText(candidate: Candidate): string {
  if ('server_ip' in candidate) return `${candidate.server_ip} (port ${candidate.port_id})`;
  if ('name' in candidate) return `${candidate.name} (${candidate.id})`;
  return `${candidate.id} of project ${candidate.project_id}`;
}
