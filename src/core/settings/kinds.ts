/**
 * The kinds of values that keys of praas.conf have. A kind states in words what it allows and turns a text into a value, or
 * into undefined when the text is not allowed; nothing here throws. Texts arrive without white space at their ends. Plain
 * functions and not zod: every start of praas reads the configuration, and loading zod takes longer than all of that.
 */
import { isIP } from 'node:net';
import { isCidr } from '../values/ipv4.ts';
import type { PortRange } from '../values/port-range.ts';
import { parseTransport } from './transport-url.ts';

export interface Kind<T> {
  /** Completes the sentence "allowed: …". */
  readonly allowed: string;
  readonly parse: (text: string) => T | undefined;
  /** What is wrong with a text that is not allowed, without quoting a secret in it; completes "KEY is …". */
  readonly problem?: (text: string) => string | undefined;
}

const MAX_PORT = 65535;

function numberIn(first: number, last: number, text: string): number | undefined {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  return value >= first && value <= last ? value : undefined;
}

/** The parts, each parsed; undefined as soon as one of them is not allowed. */
function parseAll<T>(parts: readonly string[], parse: (part: string) => T | undefined): readonly T[] | undefined {
  const values: T[] = [];
  for (const part of parts) {
    const value = parse(part.trim());
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** What nearly every path is: Unicode's classes take half a millisecond to load, at every start. */
const PLAIN_PATH = /^\/[\w./-]*$/;

/**
 * Control characters could rewrite a terminal, U+FFFD stands for bytes that were not UTF-8, and what follows a space and
 * a comment sign could never be written in praas.conf.
 */
function parsePath(text: string): string | undefined {
  if (PLAIN_PATH.test(text)) return text;
  return text.startsWith('/') && !/[\p{C}\p{Zl}\p{Zp}\uFFFD]|\s[#;]/u.test(text) ? text : undefined;
}

/** An address or a network of either family. */
function parseAnyNetwork(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return undefined;
  const isPrefix =
    prefix === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
  return isPrefix ? text : undefined;
}

const parsePort = (text: string): number | undefined => numberIn(1, MAX_PORT, text);

export const port: Kind<number> = { allowed: `a whole number from 1 to ${MAX_PORT}`, parse: parsePort };

/** Whole seconds, at least one. */
export function seconds(max: number): Kind<number> {
  return { allowed: `a whole number of seconds from 1 to ${max}`, parse: (text) => numberIn(1, max, text) };
}

export const portRange: Kind<PortRange> = {
  allowed: `first:last such as 4000:4100, both from 1 to ${MAX_PORT}, the first not above the last`,
  parse(text) {
    const ends = parseAll(text.split(':'), parsePort);
    const [first, last] = ends ?? [];
    if (ends?.length !== 2 || first === undefined || last === undefined || first > last) return undefined;
    return Object.freeze({ first, last });
  },
};

/** May be empty. */
export const ports: Kind<readonly number[]> = {
  allowed: `whole numbers from 1 to ${MAX_PORT}, comma-separated, or empty`,
  parse: (text) => Object.freeze(text === '' ? [] : parseAll(text.split(','), parsePort)),
};

export const absolutePath: Kind<string> = {
  allowed: 'an absolute path (printable, without # or ; after a space)',
  parse: parsePath,
};

export const optionalPath: Kind<string> = {
  allowed: 'an absolute path (printable, without # or ; after a space), or empty',
  parse: (text) => (text === '' ? '' : parsePath(text)),
};

export const ipAddress: Kind<string> = {
  allowed: 'an IPv4 or IPv6 address such as 127.0.0.1',
  parse: (text) => (isIP(text) > 0 ? text : undefined),
};

/** May be empty. */
export const ipv4Networks: Kind<readonly string[]> = {
  allowed: 'IPv4 addresses and networks such as 192.0.2.7 or 198.51.100.0/24, comma-separated, or empty',
  parse: (text) =>
    Object.freeze(text === '' ? [] : parseAll(text.split(','), (part) => (isCidr(part) ? part : undefined))),
};

/** May be empty. */
export const ipNetworks: Kind<readonly string[]> = {
  allowed: 'IPv4 and IPv6 addresses and networks such as 192.0.2.7 or 2001:db8::/32, comma-separated, or empty',
  parse: (text) => Object.freeze(text === '' ? [] : parseAll(text.split(','), parseAnyNetwork)),
};

/** At least one. */
export const absolutePaths: Kind<readonly string[]> = {
  allowed: 'absolute paths (printable, without # or ; after a space), colon-separated',
  parse: (text) => Object.freeze(parseAll(text.split(':'), parsePath)),
};

/** One of these words, written exactly so. */
export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    allowed: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    parse: (text) => words.find((word) => word === text),
  };
}

/** May be empty. */
export const name: Kind<string> = {
  allowed: 'a name (printable, without spaces), or empty',
  parse: (text) => (text === '' || /^[^\s\p{C}\uFFFD]*$/u.test(text) ? text : undefined),
};

const MAX_LIMIT = 1_000_000;

/** -1: unlimited, as in OpenStack. */
export const limit: Kind<number> = {
  allowed: `a whole number from 0 to ${MAX_LIMIT}, or -1 for unlimited`,
  parse: (text) => (text === '-1' ? -1 : numberIn(0, MAX_LIMIT, text)),
};

/** The same where none at all would make no sense. */
export const limitFromOne: Kind<number> = {
  allowed: `a whole number from 1 to ${MAX_LIMIT}, or -1 for unlimited`,
  parse: (text) => (text === '-1' ? -1 : numberIn(1, MAX_LIMIT, text)),
};

const PERCENT = 100;

export const percent: Kind<number> = {
  allowed: `a whole percentage from 0 to ${PERCENT}`,
  parse: (text) => numberIn(0, PERCENT, text),
};

/** Not zero. */
export const share: Kind<number> = {
  allowed: `a whole percentage from 1 to ${PERCENT}`,
  parse: (text) => numberIn(1, PERCENT, text),
};

/** Whole mebibytes. */
export function mebibytes(min: number, max: number): Kind<number> {
  return { allowed: `a whole number of MiB from ${min} to ${max}`, parse: (text) => numberIn(min, max, text) };
}

/** Whole days, at least one. */
export function days(max: number): Kind<number> {
  return { allowed: `a whole number of days from 1 to ${max}`, parse: (text) => numberIn(1, max, text) };
}

/** At least one. */
export const topics: Kind<readonly string[]> = {
  allowed: 'names of letters, digits, - and _, comma-separated',
  parse: (text) => namesIn(text, /^[A-Za-z0-9_-]{1,100}$/),
};

/** At least one. */
export const exchanges: Kind<readonly string[]> = {
  allowed: 'names of letters, digits, -, _, . and :, comma-separated',
  parse: (text) => namesIn(text, /^[A-Za-z0-9_.:-]{1,100}$/),
};

function namesIn(text: string, allowed: RegExp): readonly string[] | undefined {
  return Object.freeze(parseAll(text.split(','), (part) => (allowed.test(part) ? part : undefined)));
}

/** A message broker, written as transport_url of the OpenStack services. May be empty. */
export const transportUrl: Kind<string> = {
  allowed: 'rabbit://user:password@host:port,…/virtual_host?ssl=1&ssl_ca_file=/path, or empty',
  parse: (text) => (transportProblem(text) === undefined ? text : undefined),
  problem: transportProblem,
};

function transportProblem(text: string): string | undefined {
  const parsed = text === '' ? undefined : parseTransport(text);
  return parsed !== undefined && 'problem' in parsed ? parsed.problem : undefined;
}
