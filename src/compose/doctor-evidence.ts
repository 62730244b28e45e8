/** What the doctor reads of this machine and its network. Nothing is changed. */
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readiness } from '../admin/doctor/pat-agent.ts';
import type { FreeSpace } from '../admin/doctor/storage.ts';
import { isPraasError } from '../core/errors/errors.ts';
import { isObject, parseJson } from '../core/values/json.ts';
import type { Usage } from '../core/values/usage.ts';
import { isAside } from '../store/files/pat/layout.ts';
import { unlessMissing } from '../system/disk.ts';
import type { DaemonAddress } from '../system/http/daemon-address.ts';
import { DaemonClient } from '../system/http/daemon-client.ts';
import { failureReason } from '../system/http/failure.ts';
import { connectOnce } from '../system/http/socket.ts';

const RESPONSE_MS = 5000;
const CONNTRACK = '/proc/sys/net/netfilter/nf_conntrack_';

interface ReadyzDocument {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** The permission bits of a file; undefined when there is no such file. */
export function modeOf(path: string): Promise<number | undefined> {
  return unlessMissing(stat(path).then(({ mode }) => mode & 0o7777));
}

/** Of the file system of a directory; undefined when there is no such directory. */
export async function freeSpaceOf(path: string): Promise<FreeSpace | undefined> {
  const found = await unlessMissing(statfs(path));
  return found && { freeBytes: found.bavail * found.bsize, freeInodes: found.ffree, allInodes: found.files };
}

/** Names of damaged files that were set aside in the state directory. */
export async function damagedFilesIn(stateDirectory: string): Promise<readonly string[]> {
  const names = (await unlessMissing(readdir(join(stateDirectory, 'routers')))) ?? [];
  return names.filter(isAside);
}

/** The connection table of the node's own network namespace; undefined while the kernel tracks no connections. */
export async function nodeConnectionTable(): Promise<Usage | undefined> {
  const read = (name: 'count' | 'max'): Promise<string> => readFile(`${CONNTRACK}${name}`, 'utf8');
  const found = await unlessMissing(Promise.all([read('count'), read('max')]));
  return found && { used: Number(found[0]), limit: Number(found[1]) };
}

/** Takes host:port. Gives why connections are not accepted there; undefined where they are. */
export function connectError(address: string): Promise<string | undefined> {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  const options = { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port), timeout: RESPONSE_MS };
  return connectOnce(options).then(() => undefined, failureReason);
}

/** Gives host:port of a listener as this node reaches it. */
export function localAddress(listenAddress: string, port: number): string {
  const host = listenAddress === '0.0.0.0' ? '127.0.0.1' : listenAddress === '::' ? '::1' : listenAddress;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Gives what a daemon answers at /readyz; undefined where that is no answer of a daemon. Throws as DaemonClient.send does. */
export async function readinessAt(address: DaemonAddress, abortSignal: AbortSignal): Promise<Readiness | undefined> {
  const client = new DaemonClient(address, abortSignal);
  try {
    const { text } = await client.send({ method: 'GET', path: '/readyz' });
    const document = parseJson(text);
    if (!isObject(document) || !Array.isArray(document['checks'])) return undefined;
    const { ready, checks } = document as unknown as ReadyzDocument;
    return { isReady: ready, failures: checks.flatMap(({ name, ok, detail }) => (ok ? [] : [`${name}: ${detail}`])) };
  } catch (error) {
    // Another program has the port, and speaks something else.
    if (isPraasError(error, 'DAEMON_BAD_RESPONSE')) return undefined;
    throw error;
  } finally {
    await client.close();
  }
}
