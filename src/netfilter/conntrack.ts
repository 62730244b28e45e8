/**
 * The kernel's connection table in a namespace. One dump for a whole batch, and one process that ends all it names (a
 * process per connection costs minutes at scale). Needs conntrack-tools 1.4.7 for `--load-file`.
 */
import { praasError } from '../pat/errors.ts';
import type { PublicEndpoint } from '../pat/mapping/forward.ts';
import type { Flow } from '../pat/plan/connection.ts';
import { type ExecResult, toolMissing } from '../system/exec.ts';
import { withTempFile } from '../system/temp-file.ts';
import type { Namespaces } from './namespace.ts';

/**
 * A dump makes the kernel walk the hash table of all namespaces together, ten milliseconds even where nothing is to be
 * found; how many entries this namespace has it knows at once.
 */
const UNLESS_EMPTY = [
  'sh',
  '-c',
  // The shell reads byte by byte, and the kernel gives it only the first one: enough to tell none from some.
  // A node that lacks conntrack should say so before the first connection has to be ended.
  'command -v conntrack >/dev/null || exit 127; ' +
    'read -r first </proc/sys/net/netfilter/nf_conntrack_count; [ "$first" = 0 ] || exec conntrack "$@"',
];
const COMMAND_NOT_FOUND = 127;

/** Connections to the endpoints (and maybe others to the same addresses). Throws ROUTER_NOT_FOUND, TOOL_FAILED. */
export async function readFlows(
  namespaces: Namespaces,
  namespace: string,
  endpoints: readonly PublicEndpoint[],
): Promise<Flow[]> {
  const filters = endpoints.length === 1 ? endpoints.map(endpointFilter) : addressFilters(endpoints);
  const dumps = await Promise.all(
    filters.map((filter) => run(namespaces, namespace, ['--dump', '--output', 'extended', ...filter], UNLESS_EMPTY)),
  );
  return dumps.flatMap(({ stdout }) => parseFlows(stdout));
}

/** Runs these deletions (deletionsOf) in one process. Throws ROUTER_NOT_FOUND, TOOL_FAILED. */
export async function endFlows(namespaces: Namespaces, namespace: string, deletions: readonly string[]): Promise<void> {
  if (deletions.length === 0) return;
  // Not on stdin: conntrack opens /dev/stdin anew, which fails for the socket that Node gives a child as its stdin.
  const text = deletions.map((deletion) => `${deletion}\n`).join('');
  await withTempFile(text, (path) => run(namespaces, namespace, ['--load-file', path]));
}

/**
 * Takes connections to end and those to the same endpoints that are to stay, gives as few deletions as possible: conntrack
 * walks the whole table for each. All connections that lead from one endpoint to one server go together, unless one of
 * them stays; then all of one source go together.
 */
export function deletionsOf(flows: readonly Flow[], spared: readonly Flow[]): string[] {
  const mixed = new Set(spared.map(leadOf));
  const deletions = flows.map((flow) => {
    const lead = leadOf(flow);
    return mixed.has(lead) ? `${lead} --orig-src ${flow.sourceIp}` : lead;
  });
  return [...new Set(deletions)];
}

function leadOf({ protocol, destinationIp, destinationPort, replyIp, replyPort }: Flow): string {
  const endpoint = `--proto ${protocol} --orig-dst ${destinationIp} --orig-port-dst ${destinationPort}`;
  return `--delete ${endpoint} --reply-src ${replyIp} --reply-port-src ${replyPort}`;
}

/** Protocol, its number, seconds left, and the state that only TCP has: `tcp 6 431999 ESTABLISHED src=…`. */
const TCP_STATE = /\btcp +\d+ +\d+ +([A-Z_\d]+) /;

/** Takes `conntrack -L -o extended`, gives the TCP and UDP entries over IPv4. */
export function parseFlows(output: string): Flow[] {
  return output.split('\n').flatMap((line) => {
    const [protocol] = /\b(?:tcp|udp)\b/.exec(line) ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    const [, sourceIp, replyIp] = values(line, 'src');
    const [, destinationIp] = values(line, 'dst');
    const [, sourcePort, replyPort] = values(line, 'sport');
    const [, destinationPort] = values(line, 'dport');
    const state = TCP_STATE.exec(line)?.[1];
    if (!sourceIp || !destinationIp || !replyIp || destinationIp.includes(':')) return [];
    return [
      {
        protocol,
        sourceIp,
        sourcePort: Number(sourcePort),
        destinationIp,
        destinationPort: Number(destinationPort),
        replyIp,
        replyPort: Number(replyPort),
        ...(state !== undefined && { state }),
      },
    ];
  });
}

/** The whole line, then every value of that name: the first is the caller's view, the second the reply's. */
function values(line: string, name: string): string[] {
  return [line, ...[...line.matchAll(new RegExp(` ${name}=(\\S+)`, 'g'))].map((match) => match[1] ?? '')];
}

function endpointFilter(endpoint: PublicEndpoint): string[] {
  const { protocol, gateway_ip, router_port } = endpoint;
  return ['--proto', protocol, '--orig-dst', gateway_ip, '--orig-port-dst', String(router_port)];
}

function addressFilters(endpoints: readonly PublicEndpoint[]): string[][] {
  return [...new Set(endpoints.map(({ gateway_ip }) => gateway_ip))].map((address) => ['--orig-dst', address]);
}

/** Runs conntrack, by way of `wrapper` where there is one. */
async function run(
  namespaces: Namespaces,
  namespace: string,
  args: string[],
  wrapper: readonly string[] = [],
): Promise<ExecResult> {
  const [file = '', ...rest] = [...wrapper, 'conntrack', ...args];
  const result = await namespaces.run(namespace, { file, args: rest });
  if (result.exitCode === 0) return result;
  if (result.exitCode === COMMAND_NOT_FOUND) throw toolMissing('conntrack', result);
  const command = `conntrack ${args.join(' ')}`;
  throw praasError('TOOL_FAILED', { command, exit_code: result.exitCode, output: result.stderr.trim() });
}
