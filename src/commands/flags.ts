/** Flags that several commands share, read into the values that the services take. What cannot be read is wrong usage. */
import { Errors, Flags } from '@oclif/core';
import { EXPIRY_FORMS, parseExpiry } from '../output/expiry.ts';
import { FORMATS, type Format } from '../output/rows.ts';
import { canonicalCidr, isCidr, isIpv4 } from '../pat/ipv4.ts';
import { MASQUERADE, type Masquerade, RouterId } from '../pat/mapping.ts';
import { routerIdOf } from '../pat/router.ts';
import { systemClock } from '../system/clock.ts';

const EXIT_USAGE = 2;
const MAX_PORT = 65535;

/** A reader of flag values: gives the value or says what is allowed. */
function reader<T>(allowed: string, read: (text: string) => T | undefined) {
  return async (text: string, _: unknown, options: { name?: string }): Promise<T> => {
    const value = read(text);
    if (value !== undefined) return value;
    const message = `--${options.name}: ${JSON.stringify(text)} is not ${allowed}\nSee more help with --help`;
    throw new Errors.CLIError(message, { exit: EXIT_USAGE });
  };
}

/** A router, as its id. */
export const routerFlag = Flags.custom<string>({
  multiple: false,
  char: 'r',
  description: 'router: its UUID, or the name of its network namespace (qrouter-…, snat-… or any other)',
  env: 'PRAAS_ROUTER',
  helpValue: 'ROUTER',
  parse: reader('a router UUID or a namespace name', (text) =>
    RouterId.safeParse(text).success ? routerIdOf(text) : undefined,
  ),
});

export const ipv4Flag = Flags.custom<string>({
  multiple: false,
  helpValue: 'IP',
  parse: reader('an IPv4 address such as 10.20.0.51', (text) => (isIpv4(text) ? text : undefined)),
});

export const portFlag = Flags.custom<number>({
  multiple: false,
  helpValue: 'PORT',
  parse: reader('a port from 1 to 65535', (text) => {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    return port >= 1 && port <= MAX_PORT ? port : undefined;
  }),
});

export const allowFlag = Flags.custom<string>({
  description: 'IPv4 address or network that may use the port; repeat it for several (default: everybody)',
  helpValue: 'CIDR',
  multiple: true,
  multipleNonGreedy: true,
  parse: reader('an IPv4 address or network such as 198.51.100.0/24', (text) =>
    isCidr(text) ? canonicalCidr(text) : undefined,
  ),
});

/** When a mapping ends: `{ at }` with the time, or with null for never. */
export const expiresFlag = Flags.custom<{ at: string | null }>({
  multiple: false,
  description: `when the mapping ends: ${EXPIRY_FORMS}`,
  helpValue: 'WHEN',
  parse: reader(`${EXPIRY_FORMS}, in the future`, (text) => {
    const at = parseExpiry(text, systemClock.now());
    return at === undefined ? undefined : { at };
  }),
});

export const masqueradeFlag = Flags.custom<Masquerade>({
  description: "whether the server sees the router's address instead of the caller's (default: masquerade in praas.conf)",
  options: [...MASQUERADE],
});

export const checkFlags = {
  'dry-run': Flags.boolean({ description: 'show the exact rules that would change, and change nothing' }),
  force: Flags.boolean({ description: 'do it although the router seems to speak against it' }),
};

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
    default: [],
    description: 'column to show, by its title; repeat it for several',
    helpGroup: 'OUTPUT',
    multiple: true,
    multipleNonGreedy: true,
  }),
};
