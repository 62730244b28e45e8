/** What can go wrong between a caller and an API: who asks, how, and over which wire. */
import { entry, list } from './entry.ts';

/** What is said where a change was asked for and no response came. */
const doubt = ({ may_have_changed = false }): string => (may_have_changed ? '; the change may have been made' : '');

export const API_ERRORS = {
  UNAUTHENTICATED: entry(
    'Unauthenticated',
    (f: { reason: string }) => `not authenticated: ${f.reason}`,
    () => ['Send a token in X-Auth-Token, or give it to praas in PRAAS_TOKEN; `praas token create` makes one.'],
  ),
  FORBIDDEN: entry(
    'Forbidden',
    (f: { who: string; what: string }) => `${f.who} may not ${f.what}`,
    () => ['Ask an operator of this node.'],
  ),
  TOO_MANY_FAILURES: entry(
    'Unavailable',
    (f: { address: string; seconds: number }) => `too many failed authentications from ${f.address}`,
    (f) => [`Try again in ${f.seconds} seconds, with a token that is right.`],
  ),
  ROUTE_NOT_FOUND: entry(
    'NotFound',
    (f: { path: string }) => `there is nothing at ${f.path}`,
    () => ['/docs describes the API, /openapi.json to programs.'],
  ),
  METHOD_NOT_ALLOWED: entry(
    'Invalid',
    (f: { method: string; path: string; allowed: readonly string[] }) =>
      `${f.method} is not for ${f.path}; allowed: ${list(f.allowed)}`,
    () => ['/docs describes the API, /openapi.json to programs.'],
  ),
  REQUEST_UNREADABLE: entry(
    'Invalid',
    (f: { reason: string }) => `the request cannot be read: ${f.reason}`,
    () => ['The body is JSON, with Content-Type: application/json.'],
  ),
  BODY_TOO_LARGE: entry(
    'Invalid',
    (f: { limit_bytes: number }) => `the body of the request has more than ${f.limit_bytes} bytes`,
    () => ['Send it in several requests.'],
  ),
  TOKEN_NOT_FOUND: entry(
    'NotFound',
    (f: { token: string }) => `no token ${f.token}`,
    () => ['`praas token list` shows the tokens there are.'],
  ),
  TOKENS_DAMAGED: entry(
    'External',
    (f: { path: string; reason: string }) => `the token file ${f.path} cannot be used: ${f.reason}`,
    (f) => [`Put a good copy at ${f.path}, or remove it and make new tokens with \`praas token create\`.`],
  ),
  TOKEN_EXISTS: entry(
    'Conflict',
    (f: { name: string }) => `there is a token ${f.name} already`,
    () => ['Choose another --name, or revoke that one first.'],
  ),
  LISTEN_FAILED: entry(
    'Unavailable',
    (f: { where: string; reason: string }) => `cannot listen on ${f.where}: ${f.reason}`,
    () => ['`praas config show` says where it is set; `ss -ltnp` shows who listens.'],
  ),
  TLS_INVALID: entry(
    'Invalid',
    (f: { path: string; reason: string }) => `TLS cannot be used with ${f.path}: ${f.reason}`,
    () => ['tls_cert and tls_key name PEM files that belong together.'],
  ),
  DAEMON_UNREACHABLE: entry(
    'Unavailable',
    (f: { url: string; reason: string; may_have_changed?: boolean }) =>
      `the PAT agent at ${f.url} cannot be reached: ${f.reason}${doubt(f)}`,
    () => ['Check the address (--url, PRAAS_URL), and on its node that `praas serve` is running.'],
  ),
  DAEMON_MISUNDERSTOOD: entry(
    'External',
    (f: { url: string; reason: string; may_have_changed?: boolean }) =>
      `${f.url} does not answer as a PAT agent does: ${f.reason}${doubt(f)}`,
    () => ['Check the address (--url, PRAAS_URL), and that both sides have the same version of praas.'],
  ),
  PRECONDITION_FAILED: entry(
    'Conflict',
    (f: { id: string }) => `mapping ${f.id} is no longer as the If-Match of this request says`,
    () => ['Read it again, and decide again.'],
  ),
  IDEMPOTENCY_KEY_REUSED: entry(
    'Conflict',
    (f: { key: string }) => `the Idempotency-Key ${f.key} was used for another request`,
    () => ['Use a new key for a new request.'],
  ),
  POLICY_INVALID: entry(
    'Invalid',
    (f: { path: string; reason: string }) => `the policy file ${f.path} cannot be used: ${f.reason}`,
    () => ['docs/policy.md lists the actions and what may stand behind them.'],
  ),
} as const;
