/** The doctor, joined: its checks on this node's parts. Nothing is locked, made or changed for it. */
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';
import { certificateCheck } from '../admin/doctor/certificate.ts';
import { clockCheck } from '../admin/doctor/clock.ts';
import { type CloudView, cloudChecks } from '../admin/doctor/cloud.ts';
import { daemonCheck, type Readiness } from '../admin/doctor/daemon.ts';
import { type Check, examine } from '../admin/doctor/examine.ts';
import { secretsCheck } from '../admin/doctor/files.ts';
import { kernelChecks } from '../admin/doctor/kernel.ts';
import { listenersCheck } from '../admin/doctor/listeners.ts';
import type { Report } from '../admin/doctor/report.ts';
import { rightsCheck } from '../admin/doctor/rights.ts';
import { routersCheck } from '../admin/doctor/routers.ts';
import { serviceChecks } from '../admin/doctor/services.ts';
import { settingsCheck } from '../admin/doctor/settings.ts';
import { type Room, storageChecks } from '../admin/doctor/storage.ts';
import { toolChecks } from '../admin/doctor/tools.ts';
import { SERVICES } from '../admin/install/places.ts';
import { Namespaces } from '../netfilter/namespace.ts';
import { parseTransport } from '../openstack/notifications/transport-url.ts';
import { isPraasError, type PraasError } from '../pat/errors.ts';
import { isMissing } from '../store/files/disk.ts';
import { isAside } from '../store/files/pat/layout.ts';
import { systemClock, systemTimers } from '../system/clock.ts';
import type { Config } from '../system/config/keys.ts';
import { createExec, isInstalled, packageOf } from '../system/exec.ts';
import { DaemonClient } from '../system/http/daemon-client.ts';
import { isListening } from '../system/http/socket.ts';
import { Interruption } from '../system/interruption.ts';
import { buildCloud } from './cloud.ts';
import { buildNode, type Node, patSettingsOf, quotaOf } from './node.ts';
import { toolsOf } from './tools.ts';

export interface DoctorContext {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
  /** The file that was read; undefined where there is none. */
  readonly configPath: string | undefined;
  /** What is wrong with it; the configuration is then the default. */
  readonly configError: PraasError | undefined;
}

/** So long may one check take: somebody sits before it. */
const LIMIT_MS = 15_000;
const ANSWER_MS = 5000;
const SILENT = { info: () => undefined, warn: () => undefined };

export class Doctor {
  readonly #config: Config;
  readonly #surroundings: DoctorContext;
  readonly interruption = new Interruption();

  constructor(config: Config, surroundings: DoctorContext) {
    this.#config = config;
    this.#surroundings = surroundings;
  }

  /** Looks at everything. Throws INTERRUPTED. */
  async examine(): Promise<Report> {
    const node = this.#node();
    try {
      const { isRoot } = this.#surroundings;
      const { abortSignal: ending } = this.interruption;
      return await examine(this.#checks(node), { isRoot, limitMs: LIMIT_MS, timers: systemTimers, ending });
    } finally {
      await node.files.close();
      await node.events.close();
    }
  }

  #node(): Node {
    const config = this.#config;
    return buildNode({
      config,
      exec: this.#exec(),
      command: 'praas doctor',
      interruption: this.interruption,
      log: SILENT,
      settings: patSettingsOf(config),
      quota: () => quotaOf(config),
      lockTimeoutSeconds: 0,
      isWatched: false,
      retainDays: () => config.retain,
    });
  }

  #exec(): ReturnType<typeof createExec> {
    return createExec(LIMIT_MS, this.#surroundings.env, this.interruption.abortSignal);
  }

  #checks(node: Node): readonly Check[] {
    const config = this.#config;
    const { env, isRoot, configPath, configError } = this.#surroundings;
    const { backend, port_app, port_monitor, tls_cert, state_dir, socket_path } = config;
    const exec = this.#exec();
    const isThere = (tool: string): boolean => isInstalled(tool, env['PATH']);
    const brokers = parseTransport(config.notifications)?.brokers ?? [];
    return [
      rightsCheck(isRoot, () => readFile('/proc/self/status', 'utf8')),
      ...toolChecks({ exec, tools: toolsOf(config), isInstalled: isThere, packageOf }),
      ...kernelChecks({ exec, backend, release: release() }),
      settingsCheck(configPath, configError),
      secretsCheck(this.#secrets(), modeOf),
      certificateCheck(tls_cert, (path) => readFile(path, 'utf8'), systemClock),
      listenersCheck(exec, [
        { key: 'port_app', port: port_app },
        { key: 'port_monitor', port: port_monitor },
      ]),
      ...storageChecks({ state_dir, store: node.store, roomOf, aside: () => asideIn(state_dir) }),
      daemonCheck(socket_path, () => this.#readiness()),
      ...serviceChecks({ exec, services: SERVICES, isBooted: async () => (await modeOf(BOOTED)) !== undefined }),
      ...cloudChecks({
        view: () => this.#cloud(),
        brokers: brokers.map(({ hostname: host, port }) => `${host}:${port}`),
        whyDeaf,
      }),
      clockCheck(exec, isThere),
      this.#routers(node, exec),
    ];
  }

  #secrets(): { readonly what: string; readonly path: string }[] {
    const { clouds_path, tokens_path, tls_key } = this.#config;
    const { configPath } = this.#surroundings;
    return [
      ...(configPath === undefined ? [] : [{ what: 'passwords in it', path: configPath }]),
      { what: 'the password of the cloud', path: clouds_path },
      { what: 'the tokens of the API', path: tokens_path },
      ...(tls_key === '' ? [] : [{ what: 'the private key', path: tls_key }]),
    ];
  }

  async #readiness(): Promise<Readiness | undefined> {
    const { socket_path } = this.#config;
    if (!(await isListening(socket_path, 'asking the daemon'))) return undefined;
    const client = new DaemonClient({ kind: 'socket', path: socket_path }, this.interruption.abortSignal);
    try {
      const { text } = await client.send({ method: 'GET', path: '/readyz' });
      const { ready, checks } = JSON.parse(text) as ReadyzAnswer;
      const troubles = checks.flatMap(({ name, ok, detail }) => (ok ? [] : [`${name}: ${detail}`]));
      return { ready, troubles };
    } finally {
      await client.close();
    }
  }

  async #cloud(): Promise<CloudView | undefined> {
    const joined = await buildCloud(this.#config, this.#surroundings.env, SILENT);
    if (joined === undefined) return undefined;
    const { cloud, name, auth_url } = joined;
    try {
      const [routers, servers] = await Promise.all([cloud.routers(), cloud.servers()]);
      const seesProjects = await cloud.projectIds().then(
        () => true,
        (error: unknown) => {
          if (isPraasError(error, 'CLOUD_REFUSED')) return false;
          throw error;
        },
      );
      const date = await dateOf(auth_url);
      return { name, routers: routers.length, servers: servers.length, seesProjects, date, now: systemClock.now() };
    } finally {
      joined.close();
    }
  }

  #routers({ routers, agent, dataplane }: Node, exec: ReturnType<typeof createExec>): Check {
    const namespaces = new Namespaces(exec, this.#config.netns_dir);
    const hasNft = isInstalled('nft', this.#surroundings.env['PATH']);
    return routersCheck({
      list: () => dataplane.routers(),
      show: (router_id) => routers.show(router_id),
      async importable(router_id) {
        const { unmanagedRules: foreign = [] } = await agent.inspect(router_id, 'rules');
        return foreign.filter(({ kind }) => kind === 'leads').length;
      },
      async tables(router_id) {
        const namespace = await namespaces.resolve(router_id);
        const legacy = await namespaces.run(namespace, { file: 'cat', args: ['/proc/self/net/ip_tables_names'] });
        const nft = hasNft
          ? await namespaces.run(namespace, { file: 'nft', args: ['list', 'tables', 'ip'] })
          : undefined;
        return {
          legacy: legacy.exitCode === 0 ? legacy.stdout.split('\n').filter(Boolean) : [],
          nft: [...(nft?.stdout ?? '').matchAll(/^table ip (\S+)$/gm)].map(([, name = '']) => name),
        };
      },
    });
  }
}

interface ReadyzAnswer {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

const BOOTED = '/run/systemd/system';

async function modeOf(path: string): Promise<number | undefined> {
  return unlessMissing(stat(path).then(({ mode }) => mode & 0o7777));
}

async function roomOf(path: string): Promise<Room | undefined> {
  const found = await unlessMissing(statfs(path));
  return found && { freeBytes: found.bavail * found.bsize, freeInodes: found.ffree, allInodes: found.files };
}

async function asideIn(state_dir: string): Promise<readonly string[]> {
  const names = (await unlessMissing(readdir(join(state_dir, 'routers')))) ?? [];
  return names.filter(isAside);
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The time of whoever answers there; undefined where nobody says it. */
async function dateOf(url: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(url, { method: 'HEAD', signal }).catch(() => undefined);
  return answer?.headers.get('date') ?? undefined;
}

/** Why nobody takes connections there; undefined where somebody does. */
function whyDeaf(broker: string): Promise<string | undefined> {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(broker) ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port), timeout: ANSWER_MS });
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(`nobody answers within ${ANSWER_MS / 1000} seconds`));
    socket.once('error', (error: NodeJS.ErrnoException) => end(`nobody answers: ${error.code ?? error.message}`));
  });
}
