/**
 * Every answer of the old API, word for word: the names, their order and the status words are what the Proxy CLI reads, and
 * all values are texts. `message` is shown to people, in a column of a table: one line, a sentence. Pure.
 */
import { isPraasError } from '../../pat/errors.ts';
import type { Mapping } from '../../pat/mapping/mapping.ts';
import { statusOf } from '../http/problem.ts';
import type { LegacyTarget } from './parameters.ts';

export type LegacyAnswer = Readonly<Record<string, string>>;

/** `{"10.20.0.51:22": "4022"}`; of mappings of one server and port the first counts. */
export function portsByServer(mappings: readonly Mapping[]): LegacyAnswer {
  return firsts(mappings, ({ server_ip, server_port }) => `${server_ip}:${server_port}`);
}

/** `{"22": "4022"}`, for mappings of one server. */
export function portsByServerPort(mappings: readonly Mapping[]): LegacyAnswer {
  return firsts(mappings, ({ server_port }) => String(server_port));
}

export function created(mapping: Mapping): LegacyAnswer {
  return {
    status: 'SUCCESS',
    create_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    create_server_port: String(mapping.server_port),
    gateway: mapping.gateway_ip,
    message: `${server(mapping)} is published on ${outside(mapping)}${caveat(mapping)}`,
  };
}

export function createdBefore(mapping: Mapping): LegacyAnswer {
  return {
    status: 'CREATED',
    created_server_port: String(mapping.server_port),
    created_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    gateway: mapping.gateway_ip,
    message: `${server(mapping)} is published already, on ${outside(mapping)}${caveat(mapping)}`,
  };
}

export function removed(mapping: Mapping): LegacyAnswer {
  return {
    status: 'REMOVED',
    remove_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    remove_server_port: String(mapping.server_port),
    gateway: mapping.gateway_ip,
    message: `${server(mapping)} is no longer published on ${outside(mapping)}`,
  };
}

export function nothingToRemove(place: LegacyTarget): LegacyAnswer {
  return {
    status: 'NO CREATED',
    remove_server_port: String(place.server_port),
    server_ip: place.server_ip,
    gateway: place.gateway_ip,
    message: `${server(place)} is not published on ${place.gateway_ip}`,
  };
}

export function moved(before: Mapping, after: Mapping): LegacyAnswer {
  const instead = before.router_port === after.router_port ? ', as it was' : ` instead of port ${before.router_port}`;
  return {
    status: 'SUCCESS',
    modified_router_port: String(before.router_port),
    modify_router_port: String(after.router_port),
    server_ip: after.server_ip,
    modify_server_port: String(after.server_port),
    gateway: after.gateway_ip,
    message: `${server(after)} is published on ${outside(after)}${instead}${caveat(after)}`,
  };
}

export function nothingToMove(place: LegacyTarget): LegacyAnswer {
  return {
    status: 'NO CREATED',
    server_ip: place.server_ip,
    modify_server_port: String(place.server_port),
    gateway: place.gateway_ip,
    message: `${server(place)} is not published on ${place.gateway_ip}`,
  };
}

/** `reason` says whose the port is. */
export function portUsed(mapping: Mapping, router_port: number, reason: string): LegacyAnswer {
  return {
    status: 'USED',
    modified_router_port: String(mapping.router_port),
    server_ip: mapping.server_ip,
    modify_server_port: String(mapping.server_port),
    modify_router_port: String(router_port),
    gateway: mapping.gateway_ip,
    message: `${reason}; ${server(mapping)} stays on port ${mapping.router_port}`,
  };
}

/** Nothing of the inside gets out: of an unforeseen error not more than the request's id, by which the log has it. */
export function failure(error: unknown, request_id: string): { readonly status: number; readonly body: LegacyAnswer } {
  return { status: statusOf(error), body: { status: 'ERROR', message: oneLine(sentenceOf(error, request_id)) } };
}

function sentenceOf(error: unknown, request_id: string): string {
  if (!isPraasError(error)) return `the PAT agent made a mistake; its log says more under ${request_id}`;
  // The catalogue's sentence goes on with all routers there are: too many for a column.
  if (error.code === 'ROUTER_NOT_FOUND') return `there is no router ${String(error.facts['router'])} on this node`;
  return error.message;
}

function firsts(mappings: readonly Mapping[], keyOf: (mapping: Mapping) => string): LegacyAnswer {
  const ports = new Map<string, string>();
  for (const mapping of mappings) {
    const key = keyOf(mapping);
    if (!ports.has(key)) ports.set(key, String(mapping.router_port));
  }
  return Object.fromEntries(ports);
}

function server({ server_ip, server_port }: Pick<Mapping, 'server_ip' | 'server_port'>): string {
  return `${server_ip}:${server_port}`;
}

function outside({ gateway_ip, router_port }: Mapping): string {
  return `${gateway_ip}:${router_port}`;
}

/** Why nobody gets through at the moment, where that is so. */
function caveat({ status_reason }: Mapping): string {
  return status_reason === '' ? '' : `, but nobody gets through now: ${status_reason}`;
}

/** Messages of the kernel's tools have several lines. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
