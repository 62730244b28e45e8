/**
 * The responses of the legacy API. Their fields, the order of the fields and the status words are the contract with the Proxy
 * CLI, and all values are strings. `message` is free text, which the Proxy CLI prints in a column of a table: one line. Pure.
 */
import { isPraasError } from '../../pat/errors.ts';
import type { Mapping } from '../../pat/mapping/mapping.ts';
import { statusOf } from '../http/problem.ts';
import type { LegacyTarget } from './parameters.ts';

export type LegacyResponse = Readonly<Record<string, string>>;

/** `{"10.20.0.51:22": "4022"}`; of several mappings with the same server port the first one counts. */
export function portsByServer(mappings: readonly Mapping[]): LegacyResponse {
  return firstPorts(mappings, ({ server_ip, server_port }) => `${server_ip}:${server_port}`);
}

/** `{"22": "4022"}`, for mappings of one server. */
export function portsByServerPort(mappings: readonly Mapping[]): LegacyResponse {
  return firstPorts(mappings, ({ server_port }) => String(server_port));
}

export function created(mapping: Mapping): LegacyResponse {
  return {
    status: 'SUCCESS',
    create_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    create_server_port: String(mapping.server_port),
    gateway: mapping.gateway_ip,
    message: downText(mapping) ?? `${target(mapping)} is published on ${endpoint(mapping)}`,
  };
}

export function alreadyCreated(mapping: Mapping): LegacyResponse {
  return {
    status: 'CREATED',
    created_server_port: String(mapping.server_port),
    created_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    gateway: mapping.gateway_ip,
    message: downText(mapping) ?? `${target(mapping)} is already published on ${endpoint(mapping)}`,
  };
}

/** `warnings` say, among others, that the port may still be open. */
export function removed(mapping: Mapping, warnings: readonly string[]): LegacyResponse {
  return {
    status: 'REMOVED',
    remove_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    remove_server_port: String(mapping.server_port),
    gateway: mapping.gateway_ip,
    message: withWarnings(`${target(mapping)} is no longer published on ${endpoint(mapping)}`, warnings),
  };
}

export function notFoundToRemove(requested: LegacyTarget): LegacyResponse {
  return {
    status: 'NO CREATED',
    remove_server_port: String(requested.server_port),
    server_ip: requested.server_ip,
    gateway: requested.gateway_ip,
    message: `${target(requested)} is not published on ${requested.gateway_ip}`,
  };
}

/** `warnings` say, among others, that the port it had may still be open. */
export function moved(before: Mapping, after: Mapping, warnings: readonly string[]): LegacyResponse {
  const text =
    downText(after) ?? `${target(after)} is published on ${endpoint(after)} instead of port ${before.router_port}`;
  return {
    status: 'SUCCESS',
    modified_router_port: String(before.router_port),
    modify_router_port: String(after.router_port),
    server_ip: after.server_ip,
    modify_server_port: String(after.server_port),
    gateway: after.gateway_ip,
    message: withWarnings(text, warnings),
  };
}

export function notFoundToMove(requested: LegacyTarget): LegacyResponse {
  return {
    status: 'NO CREATED',
    server_ip: requested.server_ip,
    modify_server_port: String(requested.server_port),
    gateway: requested.gateway_ip,
    message: `${target(requested)} is not published on ${requested.gateway_ip}`,
  };
}

/** `reason` names what uses the port: left out when it is the mapping itself. */
export function portUsed(mapping: Mapping, routerPort: number, reason?: string): LegacyResponse {
  const ownPort = `${mapping.gateway_ip}:${routerPort} is in use by this mapping`;
  return {
    status: 'USED',
    modified_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    modify_server_port: String(mapping.server_port),
    modify_router_port: String(routerPort),
    gateway: mapping.gateway_ip,
    message: `${reason ?? ownPort}; ${target(mapping)} stays on port ${mapping.router_port}`,
  };
}

/** Of a bug it discloses only the request ID, under which the log has the rest. */
export function failure(error: unknown, requestId: string): { readonly status: number; readonly body: LegacyResponse } {
  return { status: statusOf(error), body: { status: 'ERROR', message: oneLine(failureText(error, requestId)) } };
}

function failureText(error: unknown, requestId: string): string {
  if (!isPraasError(error)) return `internal error: report it with the request ID ${requestId}`;
  // The message of the catalogue lists all routers of the node: too many for a column.
  if (error.code === 'ROUTER_NOT_FOUND') return `router ${String(error.facts['router'])} not found on this node`;
  return error.message;
}

function firstPorts(mappings: readonly Mapping[], keyOf: (mapping: Mapping) => string): LegacyResponse {
  const ports = new Map<string, string>();
  for (const mapping of mappings) {
    const key = keyOf(mapping);
    if (!ports.has(key)) ports.set(key, String(mapping.router_port));
  }
  return Object.fromEntries(ports);
}

function target({ server_ip, server_port }: Pick<Mapping, 'server_ip' | 'server_port'>): string {
  return `${server_ip}:${server_port}`;
}

function endpoint({ gateway_ip, router_port }: Mapping): string {
  return `${gateway_ip}:${router_port}`;
}

/** Undefined for a mapping that is in effect. */
function downText(mapping: Mapping): string | undefined {
  if (mapping.status_reason === '') return undefined;
  return `the mapping of ${target(mapping)} to ${endpoint(mapping)} is stored, but DOWN: ${mapping.status_reason}`;
}

function withWarnings(text: string, warnings: readonly string[]): string {
  return oneLine([text, ...warnings].join('; '));
}

/** The output of kernel tools has several lines. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
