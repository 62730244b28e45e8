/** What can go wrong between a requester and an API: authentication, the form of a request, the connection. */
import { entry, HIDDEN, hiding, list } from './entry.ts';

/** For a change that was sent and got no response. */
const doubt = ({ may_have_changed = false }): string => (may_have_changed ? '; the change may have been made' : '');

const SEE_WHETHER_DONE = 'List the resources to see whether the change was made, before you repeat the command.';

/** A daemon of this node is reached by the path of its socket. */
const unreachableStep = (url: string): string =>
  url.startsWith('/')
    ? "Run `systemctl status 'praas-*'` to see whether the daemon runs."
    : 'Check the address (--url, PRAAS_URL), and that `praas serve` is running on its node.';

const READ_THE_API = 'See /docs for a description of the API, or /openapi.json for its OpenAPI document.';

export const API_ERRORS = {
  UNAUTHENTICATED: entry(
    'Unauthenticated',
    (f: { reason: string }) => `authentication failed: ${f.reason}`,
    () => ['Send a valid token: X-Auth-Token in the API, PRAAS_TOKEN on the command line.'],
  ),
  FORBIDDEN: entry(
    'Forbidden',
    (f: { who: string; what: string; action?: string }) => `${f.who} may not ${f.what}`,
    (f) => [
      f.action === undefined
        ? 'Ask an operator of this node for a role that allows it.'
        : `Ask an operator of this node for a role that allows it: the policy has it as ${f.action}.`,
    ],
  ),
  WRONG_SCOPE: entry(
    'Forbidden',
    (f: { who: string; scope: 'a domain' | 'none' }) =>
      `${f.who} may not use this API: the scope of the token is ${f.scope}; allowed: a project, or the system`,
    () => ['Request a token with the scope of a project (OS_PROJECT_NAME), or of the system (OS_SYSTEM_SCOPE=all).'],
  ),
  TOO_MANY_FAILURES: entry(
    'Unavailable',
    (f: { address: string; seconds: number }) => `too many failed authentications from ${f.address}`,
    (f) => [`Wait ${f.seconds} seconds, then use a valid token.`],
    { status: 429 },
  ),
  TOO_MANY_REQUESTS: entry(
    'Unavailable',
    (f: { limit: string; most: number; seconds: number }) => `too many requests: ${f.limit} is ${f.most}`,
    (f) => [`Wait ${f.seconds} seconds, then repeat the request. The operator of the node sets ${f.limit}.`],
    { status: 429 },
  ),
  ROUTE_NOT_FOUND: entry(
    'NotFound',
    (f: { path: string }) => `path ${f.path} not found in this API`,
    () => [READ_THE_API],
  ),
  METHOD_NOT_ALLOWED: entry(
    'Invalid',
    (f: { method: string; path: string; allowed: readonly string[] }) =>
      `method ${f.method} not allowed for ${f.path}; allowed: ${list(f.allowed)}`,
    () => [READ_THE_API],
    { status: 405 },
  ),
  REQUEST_UNREADABLE: entry(
    'Invalid',
    (f: { reason: string }) => `cannot read the request: ${f.reason}`,
    () => ['Send a JSON body with Content-Type: application/json.'],
  ),
  BODY_TOO_LARGE: entry(
    'Invalid',
    (f: { limit_bytes: number }) => `request body too large: more than ${f.limit_bytes} bytes`,
    () => ['Split it into several requests.'],
    { status: 413 },
  ),
  BODY_TOO_COMPLEX: entry(
    'Invalid',
    (f: { what: 'levels' | 'values'; most: number }) => `request body too complex: more than ${f.most} ${f.what}`,
    (f) => [
      f.what === 'levels'
        ? 'Send the fields that /openapi.json describes; no body of it has so many levels.'
        : 'Split it into several requests.',
    ],
  ),
  TOKEN_NOT_FOUND: entry(
    'NotFound',
    (f: { token: string }) => `token ${f.token} not found`,
    () => ['Run `praas token list` to see all tokens.'],
  ),
  TOKENS_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string }) => `token file ${f.path} is damaged: ${f.reason}`,
    (f) => [`Restore ${f.path} from a backup, or remove it and create new tokens with \`praas token create\`.`],
    hiding({ path: 'of this node', reason: HIDDEN }),
  ),
  TOKEN_EXISTS: entry(
    'Conflict',
    (f: { name: string }) => `token ${f.name} already exists`,
    () => ['Choose another --name, or revoke the existing token first.'],
  ),
  LISTEN_FAILED: entry(
    'Unavailable',
    (f: { where: string; reason: string }) => `cannot listen on ${f.where}: ${f.reason}`,
    () => [
      'Run `ss -ltnp` (for a socket: `ss -lxp`) to see which process listens there, or change the address in praas.conf.',
    ],
    hiding({ where: 'an address of this node', reason: HIDDEN }),
  ),
  TLS_INVALID: entry(
    'Invalid',
    (f: { path: string; reason: string; mode?: string }) =>
      `cannot use ${f.path} for TLS: ${f.mode === undefined ? '' : `mode ${f.mode} `}${f.reason}`,
    (f) =>
      f.mode === undefined
        ? ['Set tls_cert and tls_key to a certificate and its private key, as PEM files.']
        : [`Run \`chmod 600 ${f.path}\`.`],
    hiding({ path: 'a file of this node', reason: HIDDEN, mode: undefined }),
  ),
  DAEMON_UNREACHABLE: entry(
    'Unavailable',
    (f: { url: string; reason: string; may_have_changed?: boolean }) =>
      `cannot reach the daemon at ${f.url}: ${f.reason}${doubt(f)}`,
    (f) => [f.may_have_changed === true ? SEE_WHETHER_DONE : unreachableStep(f.url)],
    hiding({ url: 'another node', reason: HIDDEN }),
  ),
  DAEMON_BAD_RESPONSE: entry(
    'External',
    (f: { url: string; reason: string; may_have_changed?: boolean }) =>
      `unexpected response from ${f.url}: ${f.reason}${doubt(f)}`,
    (f) => [
      f.may_have_changed === true
        ? SEE_WHETHER_DONE
        : 'Check the address (--url, PRAAS_URL), and that both sides run the same version of praas.',
    ],
    hiding({ url: 'another node', reason: HIDDEN }),
  ),
  PRECONDITION_FAILED: entry(
    'Conflict',
    (f: { id: string }) => `precondition failed: ${f.id} has changed since its ETag in If-Match was read`,
    () => ['Read it again, then decide whether the change still applies.'],
    { status: 412 },
  ),
  IDEMPOTENCY_KEY_REUSED: entry(
    'Conflict',
    (f: { key: string }) => `Idempotency-Key ${f.key} was already used for another request`,
    () => ['Use a new key for each new request.'],
    { status: 422 },
  ),
  POLICY_INVALID: entry(
    'Invalid',
    (f: { path: string; reason: string }) => `policy file ${f.path} is invalid: ${f.reason}`,
    () => ['Correct the file; `man praas` lists its actions and roles.'],
    hiding({ path: 'of this node', reason: HIDDEN }),
  ),
} as const;
