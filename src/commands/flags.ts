/** Flags that several commands share, read into the values that the services take. What cannot be read is wrong usage. */
import { Args, Flags } from '@oclif/core';
import { canonicalCidr, isCidr, isIpv4 } from '../core/values/ipv4.ts';
import { isUuid } from '../core/values/uuid.ts';
import { MASQUERADE, type Masquerade, RouterId } from '../pat/mapping/mapping.ts';
import { routerIdOf } from '../pat/router/facts.ts';
import { systemClock } from '../system/clock.ts';
import { UsageError } from './failure.ts';
import { EXPIRY_FORMS, parseExpiry } from './output/expiry.ts';
import { FORMATS, type Format } from './output/rows.ts';

const MAX_PORT = 65535;

/** A reader of what was typed: gives the value or says what is allowed. */
function reader<T>(allowed: string, read: (text: string) => T | undefined) {
  return async (text: string, _: unknown, { name = '' }: { name?: string }): Promise<T> => {
    const value = read(text);
    if (value === undefined) throw new UsageError(`${name}: ${JSON.stringify(text)} is not ${allowed}`);
    return value;
  };
}

/** The same for a flag. */
export function flagReader<T>(allowed: string, read: (text: string) => T | undefined) {
  const parse = reader(allowed, read);
  return (text: string, context: unknown, { name }: { name?: string }): Promise<T> =>
    parse(text, context, { name: `--${name}` });
}

const ROUTER_FORMS = 'a router UUID or a namespace name';
const readRouter = (text: string): string | undefined =>
  RouterId.safeParse(text).success ? routerIdOf(text) : undefined;

/** A router, as its id. */
export const routerFlag = Flags.custom({
  multiple: false,
  char: 'r',
  description: 'router: its UUID, or the name of its network namespace (qrouter-…, snat-… or any other)',
  helpValue: 'ROUTER',
  parse: flagReader(ROUTER_FORMS, readRouter),
});

/** A router for OpenStack to find: its id where it is one, else a name. */
export const anyRouterFlag = Flags.custom<{ router_id: string } | { router: string }>({
  multiple: false,
  char: 'r',
  description:
    'router: its name or ID in OpenStack, or the name of its network namespace (default: the only one that leads to the server)',
  helpValue: 'ROUTER',
  parse: flagReader('the name or ID of a router', (text) => {
    const id = readRouter(text);
    if (id !== undefined && isUuid(id)) return { router_id: id };
    return text === '' ? undefined : { router: text };
  }),
});

/** The same as an argument. Arguments never come from stdin: a loop that reads a list there would lose its lines. */
export const routerArg = Args.custom({
  description: 'UUID of the router, or the name of its network namespace',
  ignoreStdin: true,
  parse: reader(ROUTER_FORMS, readRouter),
});

export const mappingArg = Args.custom({
  description: 'ID of the mapping, or the beginning of it',
  ignoreStdin: true,
});

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

/** How many of something; -1 stands for any number. */
export const limitFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'N',
  parse: flagReader('a whole number, or -1 for any number', (text) =>
    /^(?:-1|\d{1,9})$/.test(text) ? Number(text) : undefined,
  ),
});

export const allowFlag = Flags.custom({
  description: 'IPv4 address or network that may use the port; repeat it for several (default: everybody may)',
  helpValue: 'CIDR',
  multiple: true,
  multipleNonGreedy: true,
  parse: flagReader('an IPv4 address or network such as 198.51.100.0/24', (text) =>
    isCidr(text) ? canonicalCidr(text) : undefined,
  ),
});

/** When a mapping ends: `{ at }` with the time, or with null for never. */
export const expiresFlag = Flags.custom<{ at: string | null }>({
  multiple: false,
  description: `when the mapping ends: ${EXPIRY_FORMS}`,
  helpValue: 'WHEN',
  parse: flagReader(`${EXPIRY_FORMS}, in the future`, (text) => {
    const at = parseExpiry(text, systemClock.now());
    return at === undefined ? undefined : { at };
  }),
});

export const masqueradeFlag = Flags.custom<Masquerade>({
  description: "whether the server sees the router's address instead of the caller's (default: as praas.conf says)",
  options: [...MASQUERADE],
});

export const dryRunFlag = Flags.boolean({
  description: 'show the exact rules that would change, and change nothing',
});

/** For commands that choose addresses and ports. */
export const forceFlag = Flags.boolean({
  description: 'do it although the address or the port seems wrong, or the router holds mappings unknown here',
});

/** For commands that only take away. */
export const forceUnknownFlag = Flags.boolean({
  description: 'do it although the router holds mappings of praas unknown here: they are removed',
});

/** How a result is printed, as with the openstack client. */
export const outputFlags = {
  format: Flags.custom<Format>({
    char: 'f',
    default: 'table',
    description: 'format of the output',
    env: 'PRAAS_FORMAT',
    helpGroup: 'OUTPUT',
    options: [...FORMATS],
  })(),
  column: Flags.string({
    char: 'c',
    description: 'column to show, by its title; repeat it for several (default: those that matter most)',
    helpGroup: 'OUTPUT',
    helpValue: 'TITLE',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** For commands that may have a daemon elsewhere do the work. Tokens are in files: words are seen by everybody (ps). */
export const remoteFlags = {
  url: Flags.custom({
    description: 'have the PAT agent there do it, instead of this node',
    env: 'PRAAS_URL',
    helpGroup: 'GLOBAL',
    helpValue: 'URL',
    parse: flagReader('an address such as https://node:3000', plainUrl),
  })(),
  'token-file': Flags.string({
    description: 'file with the token for --url (default: the token in the environment variable PRAAS_TOKEN)',
    env: 'PRAAS_TOKEN_FILE',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
  }),
  cacert: Flags.string({
    description: 'PEM file of the authority that signed the certificate at --url (default: the well-known ones)',
    env: 'PRAAS_CACERT',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
  }),
};

/** Without a slash at its end; undefined for what is not the address of an API. */
function plainUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const { origin, pathname, href } = url;
  return href === `${origin}${pathname}` ? href.replace(/\/+$/, '') : undefined;
}
