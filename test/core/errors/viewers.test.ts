/**
 * Which facts of each error a requester of one project is told. Every text in a sample of every error is marked, and what is left
 * of the marks is compared with the table: a new error, or a new fact, is told to nobody before somebody decides it here.
 */
import { describe, expect, test } from '@jest/globals';
import type { Viewer } from '../../../src/core/errors/entry.ts';
import { allFactsOf, CATALOGUES, CODES, type ErrorCode, sampleOf } from '../../support/error-facts.ts';

/** A member: it sees project blue, and the policy allows it nothing but that. */
const MEMBER: Viewer = { seesAll: false, sees: (project) => project === 'blue', allows: () => false };
const OPERATOR: Viewer = { seesAll: true, sees: () => true, allows: () => true };

/**
 * The texts among the facts that a member is told: what it sent itself, what is of its project, and what is the same on every
 * node. Errors that are not here have none, or hide all.
 */
const TOLD: Partial<Record<ErrorCode, readonly string[]>> = {
  INVALID_INPUT: ['field', 'found', 'allowed'],
  CONFIG_INVALID: ['key', 'allowed'],
  CONFIG_SYNTAX: ['nearest', 'belongs_to', 'allowed'],
  TOOL_MISSING: ['tool', 'package'],
  INTERRUPTED: ['work'],
  UNAUTHENTICATED: ['reason'],
  FORBIDDEN: ['who', 'what', 'action'],
  WRONG_SCOPE: ['who', 'scope'],
  TOO_MANY_FAILURES: ['address'],
  TOO_MANY_REQUESTS: ['limit'],
  ROUTE_NOT_FOUND: ['path'],
  METHOD_NOT_ALLOWED: ['method', 'path', 'allowed'],
  REQUEST_UNREADABLE: ['reason'],
  BODY_TOO_COMPLEX: ['what'],
  TOKEN_NOT_FOUND: ['token'],
  TOKEN_EXISTS: ['name'],
  PRECONDITION_FAILED: ['id'],
  IDEMPOTENCY_KEY_REUSED: ['key'],
  CLOUD_UNAVAILABLE: ['service'],
  // The type of a conflict, such as OverQuota.
  CLOUD_REFUSED: ['service', 'type'],
  CLOUD_BAD_RESPONSE: ['service'],
  NOTHING_TO_UPDATE: ['id'],
  ROUTER_REQUIRED: ['field'],
  ROUTER_NOT_FOUND: ['router'],
  NO_GATEWAY: ['router'],
  GATEWAY_NOT_LOCAL: ['gateway', 'router', 'addresses'],
  SERVER_NOT_BEHIND_ROUTER: ['cause', 'server_ip', 'router', 'networks', 'network', 'server', 'addresses'],
  PORT_TAKEN: ['endpoint'],
  PORT_RESERVED: ['endpoint'],
  NO_FREE_PORT: ['protocol', 'gateway'],
  MAPPING_NOT_FOUND: ['id'],
  MAPPING_EXISTS: ['id'],
  ID_AMBIGUOUS: ['id', 'ids'],
  UNKNOWN_RULES: ['router'],
  RULES_ELSEWHERE: ['router'],
  ROUTER_SLOW: ['router'],
  KERNEL_REFUSED: ['router'],
  KERNEL_UNREADABLE: ['router'],
  KERNEL_BUSY: ['router'],
  TABLE_UNREADABLE: ['router', 'table'],
  SERVER_NOT_FOUND: ['server', 'known'],
  PORT_NOT_FOUND: ['port'],
  AMBIGUOUS: ['what', 'candidates'],
  NO_OWN_SECURITY_GROUP: ['port'],
  ROUTER_NOT_CONNECTED: ['router', 'server', 'known'],
  QUOTA_EXCEEDED: ['project', 'what'],
  PROJECT_NOT_FOUND: ['project'],
  IMPORT_UNFINISHED: ['router'],
};

/** Facts that decide which of several sentences an error has, so their values stay. */
const CASES: readonly string[] = ['kind', 'cause', 'work'];

function marked(value: unknown, name: string): unknown {
  if (typeof value === 'string') return CASES.includes(name) ? value : `<<${name}>>`;
  if (Array.isArray(value)) return value.map((each) => marked(each, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner, key)]));
}

/** The facts at the first level in which a mark is left. */
function marksIn(facts: object): string[] {
  return Object.entries(facts)
    .filter(([, value]) => JSON.stringify(value ?? null).includes('<<'))
    .map(([name]) => name);
}

/** Errors of the installer, the doctor and the demonstration reach no requester of the API. */
const SERVED = CODES.filter((code) => code in CATALOGUES.core || code in CATALOGUES.pat);

describe.each(SERVED)('%s', (code) => {
  test('tells a member what the table says, in its facts, its sentence and its next step', () => {
    const told = new Set<string>();
    for (const facts of allFactsOf(code)) {
      const error = sampleOf(code, marked(facts, '') as object).redacted(MEMBER);
      const left = marksIn(error.facts);
      for (const name of left) told.add(name);
      const text = [error.message, ...error.nextSteps].join(' ');
      const inText = [...text.matchAll(/<<(\w+)>>/g)].map(([, name = '']) => name);
      const inFacts = JSON.stringify(error.facts);
      for (const name of inText) expect(inFacts).toContain(`<<${name}>>`);
    }
    expect((TOLD[code] ?? []).filter((name) => !CASES.includes(name))).toEqual(expect.arrayContaining([...told]));
  });

  test('tells an operator everything', () => {
    for (const facts of allFactsOf(code)) {
      const error = sampleOf(code, facts);
      expect(error.redacted(OPERATOR).facts).toEqual(error.facts);
    }
  });
});

test('a mapping of the own project is named, one of another project and a rule are not', () => {
  const by = { kind: 'mapping', id: 'b0e5', name: 'web', project_id: 'blue', server_ip: '10.20.0.51', server_port: 80 };
  const takenBy = (owner: object) => sampleOf('PORT_TAKEN', { endpoint: '203.0.113.10:4000/tcp', by: owner });

  expect(takenBy(by).redacted(MEMBER).facts['by']).toEqual(by);
  for (const hidden of [
    { ...by, project_id: 'red' },
    { ...by, project_id: null },
    { kind: 'rule', rule: 'DNAT' },
  ]) {
    expect(takenBy(hidden).redacted(MEMBER).facts['by']).toEqual({ kind: 'hidden' });
    expect(takenBy(hidden).redacted({ ...MEMBER, sees: () => true, allows: () => true }).facts['by']).toEqual(hidden);
  }
});
