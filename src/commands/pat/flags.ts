/** Flags and arguments of commands about published ports. */
import { Args, Flags } from '@oclif/core';
import { canonicalCidr, isCidr } from '../../core/values/ipv4.ts';
import { isUuid } from '../../core/values/uuid.ts';
import { MASQUERADE, type Masquerade, RouterId } from '../../pat/mapping/mapping.ts';
import { routerIdOf } from '../../pat/router/facts.ts';
import { anyCase, argReader, flagReader } from '../flags.ts';

const ROUTER_FORMS = 'a router name, a UUID or the name of a network namespace';
const readRouter = (text: string): string | undefined =>
  RouterId.safeParse(text).success ? routerIdOf(text) : undefined;

/** A router of this node, as its id. */
export const routerFlag = Flags.custom({
  multiple: false,
  char: 'r',
  description: 'router name or UUID, or name of its network namespace (qrouter-…, snat-… or any other)',
  helpValue: 'ROUTER',
  parse: flagReader(ROUTER_FORMS, readRouter),
});

/** A router that OpenStack may have to find: its id where it is one, else a name. */
export const anyRouterFlag = Flags.custom<{ router_id: string } | { router: string }>({
  multiple: false,
  char: 'r',
  description:
    'router name or UUID, or name of its network namespace (default: the only router connected to the server)',
  helpValue: 'ROUTER',
  parse: flagReader('the name or UUID of a router', (text) => {
    const id = readRouter(text);
    if (id !== undefined && isUuid(id)) return { router_id: id };
    return text === '' ? undefined : { router: text };
  }),
});

/** The same as an argument. Arguments never come from stdin: a loop that reads a list there would lose its lines. */
export const routerArg = Args.custom({
  description: 'router name or UUID, or name of its network namespace',
  ignoreStdin: true,
  parse: argReader(ROUTER_FORMS, readRouter),
});

export const mappingArg = Args.custom({
  description: 'mapping ID, or an unambiguous prefix of it',
  ignoreStdin: true,
});

export const allowFlag = Flags.custom({
  description: 'allowed source IPv4 address or network (repeatable; default: any)',
  helpValue: 'CIDR',
  multiple: true,
  multipleNonGreedy: true,
  parse: flagReader('an IPv4 address or network such as 198.51.100.0/24', (text) =>
    isCidr(text) ? canonicalCidr(text) : undefined,
  ),
});

export const MASQUERADE_TEXT =
  "source NAT to the router's address: always, never, or with auto only where replies would be lost otherwise";

export const masqueradeFlag = Flags.custom<Masquerade>({
  multiple: false,
  description: MASQUERADE_TEXT,
  ...anyCase(MASQUERADE),
});

export const dryRunFlag = Flags.boolean({
  description: 'show the rules that would change, and change nothing',
});

/** For commands that choose addresses and ports. */
export const forceFlag = Flags.boolean({
  description: 'skip the checks of addresses and reserved ports, and delete rules of praas that are not in the store',
});

/** For commands that only remove. */
export const forceUnknownFlag = Flags.boolean({
  description: 'continue although the router has rules of praas that are not in the store, and delete them',
});
