/** The doctor, with its checks on the parts of this node. Nothing is locked, created or changed for it. */

import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { certificateCheck } from '../admin/doctor/certificate.ts';
import { clockCheck } from '../admin/doctor/clock.ts';
import { type CloudView, cloudChecks } from '../admin/doctor/cloud.ts';
import { configFileCheck } from '../admin/doctor/config-file.ts';
import { kernelChecks } from '../admin/doctor/kernel.ts';
import { listenersCheck } from '../admin/doctor/listeners.ts';
import { monitorAgentCheck, patAgentCheck, type Readiness } from '../admin/doctor/pat-agent.ts';
import type { DoctorReport } from '../admin/doctor/report.ts';
import { rightsCheck } from '../admin/doctor/rights.ts';
import { routersCheck } from '../admin/doctor/routers.ts';
import { type DoctorCheck, runChecks } from '../admin/doctor/run-checks.ts';
import { secretsCheck } from '../admin/doctor/secrets.ts';
import { serviceChecks } from '../admin/doctor/services.ts';
import { storageChecks } from '../admin/doctor/storage.ts';
import { toolChecks } from '../admin/doctor/tools.ts';
import { SERVICES } from '../admin/install/paths.ts';
import { isBooted } from '../admin/install/systemd.ts';
import { ROOT } from '../core/identity/requester.ts';
import type { RenamedKey } from '../core/settings/sections.ts';
import { parseTransport } from '../core/settings/transport-url.ts';
import { Namespaces } from '../netfilter/namespace.ts';
import { readTableNames } from '../netfilter/table-names.ts';
import { pathProblems } from '../pat/check/judge-path.ts';
import { isPraasError, type PraasError } from '../pat/errors.ts';
import { systemClock, systemTimers } from '../system/clock.ts';
import { createExec, type Exec, isInstalled } from '../system/exec.ts';
import { isListening } from '../system/http/socket.ts';
import { Interruption } from '../system/interruption.ts';
import { programEnvironment } from '../system/program-environment.ts';
import { readRegularFile } from '../system/regular-file.ts';
import { packageOf } from '../system/tool-errors.ts';
import { buildCloud } from './cloud.ts';
import type { Config } from './config.ts';
import {
  connectError,
  damagedFilesIn,
  freeSpaceOf,
  localAddress,
  modeOf,
  nodeConnectionTable,
  readinessAt,
} from './doctor-evidence.ts';
import { buildCommandNode, type Node } from './node.ts';
import { secretFilesOf } from './secret-files.ts';
import { toolsOf } from './tools.ts';

interface DoctorContext {
  readonly env: NodeJS.ProcessEnv;
  readonly isRoot: boolean;
  /** The file that was read; undefined where there is none. */
  readonly configPath: string | undefined;
  /** Why it is not valid; the configuration is then the default. */
  readonly configError: PraasError | undefined;
  /** Old names of keys in the file and in the environment. */
  readonly renamed: readonly RenamedKey[];
}

/** The time limit of one check: the user waits for it. */
const TIMEOUT_MS = 15_000;
/** Of each router: what stops one mapping mostly stops all of them. */
const MAX_MAPPINGS = 20;
const SILENT = { info: () => undefined, warn: () => undefined };

export class Doctor {
  readonly #config: Config;
  readonly #context: DoctorContext;
  readonly interruption = new Interruption();

  constructor(config: Config, context: DoctorContext) {
    this.#config = config;
    this.#context = context;
  }

  /** Runs all checks. Throws INTERRUPTED. */
  async run(): Promise<DoctorReport> {
    const node = this.#node();
    try {
      const { isRoot } = this.#context;
      const { abortSignal } = this.interruption;
      return await runChecks(this.#checks(node), { isRoot, timeoutMs: TIMEOUT_MS, timers: systemTimers, abortSignal });
    } finally {
      await node.files.close();
      await node.events.close();
    }
  }

  #node(): Node {
    return buildCommandNode(this.#config, {
      exec: this.#exec(),
      command: 'praas doctor',
      interruption: this.interruption,
      log: SILENT,
      lockTimeoutSeconds: 0,
    });
  }

  #exec(): Exec {
    return createExec(
      TIMEOUT_MS,
      programEnvironment(this.#context.env, this.#config.programs_path),
      this.interruption.abortSignal,
    );
  }

  #checks(node: Node): readonly DoctorCheck[] {
    const config = this.#config;
    const { isRoot, configPath, configError, renamed } = this.#context;
    const { backend, port_app, port_monitor, tls_cert, state_dir, socket_path } = config;
    const exec = this.#exec();
    const hasTool = (tool: string): boolean => isInstalled(tool, config.programs_path);
    const transport = config.notifications === '' ? undefined : parseTransport(config.notifications);
    const brokers = transport !== undefined && 'brokers' in transport ? transport.brokers : [];
    return [
      rightsCheck(isRoot, () => readFile('/proc/self/status', 'utf8')),
      ...toolChecks({ exec, tools: toolsOf(config), isInstalled: hasTool, packageOf }),
      ...kernelChecks({ exec, backend, release: release(), connectionTable: nodeConnectionTable }),
      configFileCheck(configPath, configError, renamed),
      secretsCheck(secretFilesOf(config, configPath), modeOf),
      certificateCheck(tls_cert, readRegularFile, systemClock),
      listenersCheck(exec, [
        { key: 'port_app', port: port_app },
        { key: 'port_monitor', port: port_monitor },
      ]),
      ...storageChecks({
        stateDirectory: state_dir,
        store: node.store,
        freeSpaceOf,
        damagedFiles: () => damagedFilesIn(state_dir),
      }),
      patAgentCheck(socket_path, () => this.#patAgent()),
      monitorAgentCheck(() => this.#monitorAgent()),
      ...serviceChecks({ exec, services: SERVICES, isBooted }),
      ...cloudChecks({
        view: () => this.#cloud(),
        brokers: brokers.map(({ hostname: host, port }) => `${host}:${port}`),
        connectError,
      }),
      clockCheck(exec, hasTool),
      this.#routers(node, exec),
    ];
  }

  async #patAgent(): Promise<Readiness | undefined> {
    const { socket_path } = this.#config;
    if (!(await isListening(socket_path, 'connecting to the PAT agent'))) return undefined;
    return readinessAt({ kind: 'socket', path: socket_path }, this.interruption.abortSignal);
  }

  async #monitorAgent(): Promise<Readiness | undefined> {
    const { listen_address, port_monitor } = this.#config;
    const address = localAddress(listen_address, port_monitor);
    if ((await connectError(address)) !== undefined) return undefined;
    return readinessAt({ kind: 'url', url: `http://${address}` }, this.interruption.abortSignal);
  }

  async #cloud(): Promise<CloudView | undefined> {
    const built = await buildCloud(this.#config, this.#context.env, SILENT);
    if (built === undefined) return undefined;
    const { cloud, name } = built;
    try {
      const [routers, servers] = await Promise.all([cloud.routers(), cloud.servers()]);
      const hasProjectList = await cloud.projectIds().then(
        () => true,
        (error: unknown) => {
          if (isPraasError(error, 'CLOUD_REFUSED')) return false;
          throw error;
        },
      );
      const date = await built.date();
      const plainServices = built.plainServices();
      const counts = { routers: routers.length, servers: servers.length };
      return { name, ...counts, hasProjectList, plainServices, date, now: systemClock.now() };
    } finally {
      built.close();
    }
  }

  #routers({ routers, agent, dataplane, store }: Node, exec: Exec): DoctorCheck {
    const namespaces = new Namespaces(exec, this.#config.netns_dir, systemTimers);
    const hasNft = isInstalled('nft', this.#config.programs_path);
    return routersCheck({
      list: () => dataplane.routers(),
      noRoutersReason: () => routers.noRoutersReason(),
      misplaced: () => routers.misplaced(),
      show: (routerId) => routers.show(routerId, ROOT),
      evidence: async (routerId) => {
        const view = await agent.inspect(routerId, 'rules');
        const { facts, unmanagedRules = [], warnings } = view;
        const mappings = [...(await store.read(routerId)).mappings.values()].slice(0, MAX_MAPPINGS);
        const isOnPath = mappings.length > 0 && !facts.isStandby;
        return {
          importable: unmanagedRules.filter(({ kind }) => kind === 'dnat').length,
          tables: await readTableNames(namespaces, await namespaces.resolve(routerId), hasNft),
          connectionTable: await dataplane.connectionTable(routerId),
          warnings,
          path: isOnPath ? pathProblems(mappings, view, await dataplane.forwarding(routerId, mappings)) : [],
          isStandby: facts.isStandby,
        };
      },
    });
  }
}
