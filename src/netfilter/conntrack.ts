/**
 * The kernel's connection tracking table in a namespace. One dump serves a whole batch, and one process deletes all entries
 * (a process for each connection takes minutes at scale). Needs conntrack-tools 1.4.7 for `--load-file`.
 */
import type { Usage } from '../core/values/usage.ts';
import type { PublicEndpoint } from '../pat/mapping/forward.ts';
import type { Flow } from '../pat/plan/connection.ts';
import type { ExecResult } from '../system/exec.ts';
import { withTempFile } from '../system/temp-file.ts';
import { badOutput, COMMAND_NOT_FOUND, toolFailed, toolMissing } from '../system/tool-errors.ts';
import type { Namespaces } from './namespace.ts';

/**
 * For a dump the kernel walks one hash table that all namespaces share, which takes ten milliseconds even for an empty
 * namespace. The number of entries of this namespace is a counter, so it is read first.
 */
const UNLESS_EMPTY =
  // The shell reads byte by byte, and this file of /proc answers only the first read: one digit tells zero from any other
  // number. Without conntrack it fails at once, not only when the first connection has to be ended.
  'command -v conntrack >/dev/null || exit 127; ' +
  'read -r first </proc/sys/net/netfilter/nf_conntrack_count; [ "$first" = 0 ] || ';
const DUMP = ['sh', '-c', `${UNLESS_EMPTY}exec conntrack "$@"`, 'conntrack'];
/**
 * Takes a pattern as its first argument. conntrack itself knows no list of ports, and tens of thousands of lines that nobody asked
 * for would keep Node busy for longer than the dump takes. A pipe has no exit code of its first program, so a failure is a line.
 */
const DUMP_MATCHING = [
  'sh',
  '-c',
  `${UNLESS_EMPTY}{ pattern=$1; shift; { conntrack "$@" || echo "failed $?"; } | grep -E -e "$pattern" -e "^failed "; :; }`,
  'conntrack',
];
const FAILED = /^failed (\d+)$/m;
const NO_FILE = /: No such file or directory$/;
const COUNT_AND_MAX = /^(\d+)\n(\d+)\n$/;
/** With more ports than a batch of changes has, the pattern takes longer than it saves. */
const MAX_MATCHED = 256;

/**
 * Gives the connections to these endpoints; for several endpoints, others to their addresses may be among them. Throws
 * ROUTER_NOT_FOUND, TOOL_FAILED, TOOL_MISSING.
 */
export async function readFlows(
  namespaces: Namespaces,
  namespace: string,
  endpoints: readonly PublicEndpoint[],
): Promise<Flow[]> {
  const filters = endpoints.length === 1 ? endpoints.map(endpointFilter) : addressFilters(endpoints);
  const isMatched = endpoints.length > 1 && endpoints.length <= MAX_MATCHED;
  const wrapper = isMatched ? [...DUMP_MATCHING, portPattern(endpoints)] : DUMP;
  const dumps = await Promise.all(
    filters.map((filter) => run(namespaces, namespace, ['--dump', '--output', 'extended', ...filter], wrapper)),
  );
  return dumps.flatMap(({ stdout }) => parseFlows(stdout));
}

/**
 * How full the connection table of the namespace is; undefined while the kernel tracks no connections, which is when it has no such
 * settings. Throws ROUTER_NOT_FOUND, TOOL_FAILED, TOOL_BAD_OUTPUT. Each namespace has its
 * own count. The limit is that of the node, and the kernel compares it with each count, not with their sum. When a table has been
 * full, the kernel removes entries until 95 % are left, so the count of one that overflows is between 95 and 100 %.
 */
export async function readTableUsage(namespaces: Namespaces, namespace: string): Promise<Usage | undefined> {
  const args = ['count', 'max'].map((name) => `/proc/sys/net/netfilter/nf_conntrack_${name}`);
  const command = { file: 'cat', args };
  const result = await namespaces.run(namespace, command);
  if (result.exitCode !== 0) {
    const lines = result.stderr.split('\n').filter(Boolean);
    if (lines.length > 0 && lines.every((line) => NO_FILE.test(line))) return undefined;
    throw toolFailed(command, result);
  }
  const [, used, limit] = COUNT_AND_MAX.exec(result.stdout) ?? [];
  if (used === undefined || limit === undefined) throw badOutput('cat /proc/sys/net/netfilter', result.stdout);
  return { used: Number(used), limit: Number(limit) };
}

/** Runs these deletions (of deletionsOf) in one process. Throws ROUTER_NOT_FOUND, TOOL_FAILED, TOOL_MISSING. */
export async function endFlows(namespaces: Namespaces, namespace: string, deletions: readonly string[]): Promise<void> {
  if (deletions.length === 0) return;
  // Not on stdin: conntrack opens the path /dev/stdin, which fails for the socket that Node gives a child as its stdin.
  const text = deletions.map((deletion) => `${deletion}\n`).join('');
  await withTempFile(text, (path) => run(namespaces, namespace, ['--load-file', path]));
}

/**
 * Takes the connections to end and those to the same endpoints to keep, gives as few deletions as possible, because conntrack
 * walks the whole table for each. One deletion ends all connections from an endpoint to a server. Where one of these is to be
 * kept, there is a deletion for each source.
 */
export function deletionsOf(flows: readonly Flow[], keep: readonly Flow[]): string[] {
  const kept = new Set(keep.map(deletionOf));
  const deletions = flows.map((flow) => {
    const deletion = deletionOf(flow);
    return kept.has(deletion) ? `${deletion} --orig-src ${flow.sourceIp}` : deletion;
  });
  return [...new Set(deletions)];
}

/** Deletes all connections from the endpoint of this one to its server. */
function deletionOf({ protocol, destinationIp, destinationPort, replyIp, replyPort }: Flow): string {
  const endpoint = `--proto ${protocol} --orig-dst ${destinationIp} --orig-port-dst ${destinationPort}`;
  return `--delete ${endpoint} --reply-src ${replyIp} --reply-port-src ${replyPort}`;
}

/** Protocol, its number, seconds until the entry expires, and the state, which only TCP has: `tcp 6 431999 ESTABLISHED src=…`. */
const TCP_STATE = /\btcp +\d+ +\d+ +([A-Z_\d]+) /;

/** Takes the output of `conntrack -L -o extended`, gives the TCP and UDP entries over IPv4. */
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

/** The whole line, then each value of that name: first of the original direction, then of the reply direction. */
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

/** Matches the lines of connections to these ports; the port of the replies may match, too. */
function portPattern(endpoints: readonly PublicEndpoint[]): string {
  const ports = new Set(endpoints.map(({ router_port }) => router_port));
  return ` dport=(${[...ports].join('|')}) `;
}

/** Runs conntrack, or the wrapper that runs it with these arguments. */
async function run(
  namespaces: Namespaces,
  namespace: string,
  args: string[],
  wrapper: readonly string[] = ['conntrack'],
): Promise<ExecResult> {
  const [file = '', ...rest] = [...wrapper, ...args];
  const ran = await namespaces.run(namespace, { file, args: rest });
  const [, failed] = FAILED.exec(ran.stdout) ?? [];
  const result = failed === undefined ? ran : { ...ran, exitCode: Number(failed) };
  if (result.exitCode === 0) return result;
  if (result.exitCode === COMMAND_NOT_FOUND) throw toolMissing('conntrack', result);
  throw toolFailed({ file: 'conntrack', args }, result);
}
