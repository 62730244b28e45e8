/** Flags that commands of several products share, read into values. What cannot be read is wrong usage. */
import { Flags } from '@oclif/core';
import { isIpv4 } from '../core/values/ipv4.ts';
import { systemClock } from '../system/clock.ts';
import { UsageError } from './failure.ts';
import { EXPIRY_FORMS, isPast, parseExpiry } from './output/expiry.ts';
import { FORMATS, type Format } from './output/rows.ts';

const MAX_PORT = 65535;

/** Gives the reader of an argument: it gives the value, or says what is allowed. */
export function argReader<T>(allowed: string, read: (text: string) => T | undefined) {
  return async (text: string, _: unknown, { name = '' }: { name?: string }): Promise<T> => {
    const value = read(text);
    if (value === undefined) throw new UsageError(`${name}: ${JSON.stringify(text)} is not ${allowed}`);
    return value;
  };
}

/** The same for a flag. */
export function flagReader<T>(allowed: string, read: (text: string) => T | undefined) {
  const parse = argReader(allowed, read);
  return (text: string, context: unknown, { name }: { name?: string }): Promise<T> =>
    parse(text, context, { name: `--${name}` });
}

/** Options that are taken in upper and lower case. oclif asks the list itself whether it has the word as it was typed. */
export function anyCase<const T extends string>(words: readonly T[]) {
  const find = (typed: string): T | undefined => words.find((word) => word.toLowerCase() === typed.toLowerCase());
  const options: string[] = Object.assign([...words], { includes: (typed: string) => find(typed) !== undefined });
  return { options, parse: async (typed: string): Promise<T> => find(typed) ?? (typed as T) };
}

export const ipv4Flag = Flags.custom({
  multiple: false,
  helpValue: 'IP',
  parse: flagReader('an IPv4 address such as 10.20.0.51', (text) => (isIpv4(text) ? text : undefined)),
});

export const portFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'PORT',
  parse: flagReader('a port from 1 to 65535', (text) => {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    return port >= 1 && port <= MAX_PORT ? port : undefined;
  }),
});

/** How many of something, one at least. */
export const countFlag = (max: number) =>
  Flags.custom<number>({
    multiple: false,
    helpValue: 'N',
    parse: flagReader(`a whole number from 1 to ${max}`, (text) =>
      /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= max ? Number(text) : undefined,
    ),
  });

/** How many of something; -1 stands for no limit. */
export const limitFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'N',
  parse: flagReader('a whole number, or -1 for no limit', (text) =>
    /^(?:-1|\d{1,9})$/.test(text) ? Number(text) : undefined,
  ),
});

/** When something expires: `{ at }` with the time, or with null for never. */
export const expiresFlag = Flags.custom<{ at: string | null }>({
  multiple: false,
  description: `when it expires: ${EXPIRY_FORMS}`,
  helpValue: 'WHEN',
  parse: flagReader(EXPIRY_FORMS, (text) => {
    const now = systemClock.now();
    if (isPast(text, now)) throw new UsageError(`--expires: ${JSON.stringify(text)} is in the past`);
    const at = parseExpiry(text, now);
    return at === undefined ? undefined : { at };
  }),
});

/** How a result is printed, as with the openstack client. */
export const outputFlags = {
  format: Flags.custom<Format>({
    char: 'f',
    default: 'table',
    description: 'output format',
    env: 'PRAAS_FORMAT',
    helpGroup: 'OUTPUT',
    options: [...FORMATS],
  })(),
  column: Flags.string({
    char: 'c',
    description: 'column to show, by its title (repeatable)',
    helpGroup: 'OUTPUT',
    helpValue: 'TITLE',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** For commands that a remote daemon can carry out. Tokens come from files: arguments are visible in the process list. */
export const remoteFlags = {
  url: Flags.custom({
    description: 'API URL of a remote daemon',
    env: 'PRAAS_URL',
    helpGroup: 'GLOBAL',
    helpValue: 'URL',
    parse: flagReader('a URL such as https://node:3000', plainUrl),
  })(),
  'token-file': Flags.string({
    description: 'file with the API token for --url (default: the variable PRAAS_TOKEN)',
    env: 'PRAAS_TOKEN_FILE',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
  }),
  cacert: Flags.string({
    description: 'CA certificate (PEM) of the server at --url (default: the CAs of the system)',
    env: 'PRAAS_CACERT',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
  }),
};

/** Without a slash at its end; undefined for what is not the URL of an API. */
function plainUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const { origin, pathname, href } = url;
  return href === `${origin}${pathname}` ? href.replace(/\/+$/, '') : undefined;
}
