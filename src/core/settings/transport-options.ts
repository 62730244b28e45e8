/**
 * The options in the query of a transport URL: those of [oslo_messaging_rabbit]. Those of the connection apply, or are refused by
 * name; all others are about publishing, calls and queues of the services, and mean nothing to a program that only listens. Pure.
 */
export interface ConnectionOptions {
  /** Undefined without TLS. */
  readonly tls: TlsOptions | undefined;
  /** SASL's EXTERNAL: the client certificate is the login. */
  readonly isExternalLogin: boolean;
  /** Names of options that have no effect on a listener. */
  readonly ignoredOptions: readonly string[];
}

interface TlsOptions {
  /** Paths of PEM files. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** The one version to use; undefined for those that Node allows. */
  readonly version: 'TLSv1.2' | 'TLSv1.3' | undefined;
  readonly hasHostnameCheck: boolean;
}

interface Refusal {
  readonly problem: string;
}

/** Present names, by those of older releases. */
const ALIASES: Readonly<Record<string, string>> = {
  rabbit_use_ssl: 'ssl',
  kombu_ssl_version: 'ssl_version',
  kombu_ssl_keyfile: 'ssl_key_file',
  kombu_ssl_certfile: 'ssl_cert_file',
  kombu_ssl_ca_certs: 'ssl_ca_file',
};
/** SSLv23 is Python's name for "what both sides support". */
const VERSIONS: Readonly<Record<string, TlsOptions['version']>> = {
  TLSv1_2: 'TLSv1.2',
  TLSv1_3: 'TLSv1.3',
  SSLv23: undefined,
  TLS: undefined,
};
const LOGINS = ['PLAIN', 'AMQPLAIN', 'EXTERNAL'];
/** As oslo.config reads booleans. */
const YES = ['true', '1', 'on', 'yes'];
const NO = ['false', '0', 'off', 'no'];
const BOOLEAN = 'a boolean such as true or false';

/** What each option of the connection allows. */
const ALLOWED: Readonly<Record<string, (value: string) => string | undefined>> = {
  ssl: booleanProblem,
  ssl_ca_file: pathProblem,
  ssl_cert_file: pathProblem,
  ssl_key_file: pathProblem,
  ssl_version: (value) => (Object.hasOwn(VERSIONS, value) ? undefined : Object.keys(VERSIONS).join(', ')),
  ssl_enforce_hostname_verification: booleanProblem,
  ssl_enforce_fips_mode: (value) => (isNo(value) ? undefined : 'false (Node has no such switch)'),
  rabbit_login_method: (value) => (LOGINS.includes(value) ? undefined : LOGINS.join(', ')),
};

/** Takes the query of the URL. Gives the option that is not allowed, by name, and what is allowed for it. */
export function connectionOptions(query: string): ConnectionOptions | Refusal {
  const options = new Map<string, string>();
  const ignoredOptions: string[] = [];
  for (const [written, value] of new URLSearchParams(query)) {
    const name = ALIASES[written] ?? written;
    const problemOf = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined;
    if (problemOf === undefined && /ssl|tls/i.test(name))
      return { problem: `a URL with the option ${plain(name)}, which is not supported` };
    // oslo.messaging reads an empty value as no value.
    if (value === '') continue;
    const allowed = problemOf?.(value);
    if (allowed !== undefined) return { problem: `a URL in which the option ${name} is not ${allowed}` };
    if (problemOf === undefined) ignoredOptions.push(plain(name));
    else options.set(name, value);
  }
  return joined(options, ignoredOptions);
}

function joined(options: ReadonlyMap<string, string>, ignoredOptions: readonly string[]): ConnectionOptions | Refusal {
  const isTls = isYes(options.get('ssl'));
  const isExternalLogin = options.get('rabbit_login_method') === 'EXTERNAL';
  const certFile = options.get('ssl_cert_file');
  const keyFile = options.get('ssl_key_file');
  if (isTls && keyFile !== undefined && certFile === undefined)
    return { problem: 'a URL with the option ssl_key_file but without ssl_cert_file' };
  if (isExternalLogin && !(isTls && certFile !== undefined))
    return { problem: 'a URL with rabbit_login_method=EXTERNAL but without ssl and ssl_cert_file' };
  const unused = isTls ? [] : [...options.keys()].filter((name) => name.startsWith('ssl_'));
  return {
    isExternalLogin,
    ignoredOptions: [...ignoredOptions, ...unused],
    tls: isTls
      ? {
          caFile: options.get('ssl_ca_file'),
          certFile,
          // One PEM file may hold both, as in Python.
          keyFile: keyFile ?? certFile,
          version: VERSIONS[options.get('ssl_version') ?? ''],
          hasHostnameCheck: !isNo(options.get('ssl_enforce_hostname_verification')),
        }
      : undefined,
  };
}

function booleanProblem(value: string): string | undefined {
  return isYes(value) || isNo(value) ? undefined : BOOLEAN;
}

function pathProblem(value: string): string | undefined {
  return value.startsWith('/') ? undefined : 'an absolute path';
}

function isYes(value = ''): boolean {
  return YES.includes(value.toLowerCase());
}

function isNo(value = ''): boolean {
  return NO.includes(value.toLowerCase());
}

/** A name that is none may be a part of a password. */
function plain(name: string): string {
  return /^[a-z0-9_]{1,60}$/i.test(name) ? name : 'with an unreadable name';
}
