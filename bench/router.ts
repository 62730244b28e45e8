/** A router's namespace for the bench, and the parts that work on it, as the daemon keeps them: in one process, warm. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPolicy } from '../src/core/identity/policy.ts';
import type { BackendName } from '../src/netfilter/backend.ts';
import { NetfilterDataplane } from '../src/netfilter/dataplane.ts';
import { IptablesBackend } from '../src/netfilter/iptables/backend.ts';
import { Namespaces } from '../src/netfilter/namespace.ts';
import { NftablesBackend } from '../src/netfilter/nftables/backend.ts';
import { PAT_ACTIONS } from '../src/pat/actions.ts';
import { ChangeRunner } from '../src/pat/change/change-runner.ts';
import type { Mapping } from '../src/pat/mapping/mapping.ts';
import { Agent } from '../src/pat/reconcile/agent.ts';
import { GroupFollower } from '../src/pat/services/group-follower.ts';
import { PatService } from '../src/pat/services/pat-service.ts';
import { FileStore } from '../src/store/files/pat/file-store.ts';
import { newUuid, systemClock, systemTimers } from '../src/system/clock.ts';
import type { Exec } from '../src/system/exec.ts';
import { localTargets, notConfigured } from '../test/support/local-targets.ts';
import { MemoryOrphanStore } from '../test/support/memory-orphan-store.ts';
import { newName } from './namespaces.ts';
import type { Options } from './row.ts';

export const GATEWAY = '203.0.113.10';
/** What a router's namespace has in it: `ip` lines for a gateway and a network inside. */
export const FURNITURE = [
  'link set lo up',
  'link add ext0 type veth peer name int0',
  `addr add ${GATEWAY}/24 dev ext0`,
  'addr add 10.20.0.1/16 dev int0',
  'link set ext0 up',
  'link set int0 up',
  'route add default via 203.0.113.2',
];
const TIME = '2030-01-01T00:00:00Z';
/** Mappings made by the bench have ports below; what it creates gets one from here. */
export const FREE_PORTS = { first: 62_000, last: 65_500 };

export function dataplaneOf(exec: Exec, backend: BackendName): NetfilterDataplane {
  const namespaces = new Namespaces(exec, '/run/netns', systemTimers);
  const iptables = new IptablesBackend(namespaces, { waitSeconds: 60, neutronLockPaths: [] });
  const nftables = new NftablesBackend(namespaces);
  return backend === 'iptables'
    ? new NetfilterDataplane(namespaces, iptables, nftables)
    : new NetfilterDataplane(namespaces, nftables, iptables);
}

/** A namespace with a gateway address and a network inside; made anew by `reset`. */
export class BenchRouter {
  readonly name = newName();
  readonly #exec: Exec;

  constructor({ steady, later }: Options) {
    this.#exec = steady;
    later(() => this.remove());
  }

  async reset(): Promise<void> {
    await this.remove();
    await this.#ip(['netns', 'add', this.name]);
    await this.#ip(['-n', this.name, '-batch', '-'], FURNITURE.map((line) => `${line}\n`).join(''));
  }

  /** Takes it away; one that is not there is no error. */
  async remove(): Promise<void> {
    await this.#exec({ file: 'ip', args: ['netns', 'delete', this.name] });
  }

  async #ip(args: string[], input?: string): Promise<void> {
    const { exitCode, stderr } = await this.#exec({ file: 'ip', args, ...(input !== undefined && { input }) });
    if (exitCode !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  }
}

export interface Service {
  readonly pat: PatService;
  readonly stateDir: string;
  /** Stores the mappings, as new ones, without telling the kernel. */
  readonly fill: (router_id: string, mappings: readonly Mapping[]) => Promise<void>;
}

export async function serviceOf(options: Options, backend: BackendName): Promise<Service> {
  const { exec, later } = options;
  const stateDir = await mkdtemp(join(tmpdir(), 'praas-bench-'));
  const store = new FileStore({
    stateDir,
    exec,
    clock: systemClock,
    lockTimeoutSeconds: 5,
    command: 'bench',
    log: { warn: () => undefined },
  });
  later(async () => {
    await store.close();
    await rm(stateDir, { recursive: true, force: true });
  });
  const dataplane = dataplaneOf(exec, backend);
  const log = { info: () => undefined, warn: () => undefined };
  const agent = new Agent(dataplane, systemClock, log);
  const settings = { router_port_range: FREE_PORTS, reserved_ports: [], masquerade: 'never' as const };
  const targets = localTargets();
  const node = { store, dataplane, agent, targets, clock: systemClock, newId: newUuid, log, settings, stateDir };
  const runner = new ChangeRunner(node);
  const follower = new GroupFollower({ ...node, runner, orphans: new MemoryOrphanStore(), notConfigured });
  const parts = { ...node, runner, follower, access: defaultPolicy(PAT_ACTIONS) };
  return {
    pat: new PatService(parts),
    stateDir,
    fill: (router_id, mappings) => store.transaction(router_id, (transaction) => transaction.commit({ put: mappings })),
  };
}

/** So many mappings of a router, on ports from 1 on, to as many servers. */
export function mappingsFor(router_id: string, count: number): Mapping[] {
  return Array.from({ length: count }, (_, index) => ({
    id: newUuid(),
    router_id,
    project_id: null,
    protocol: 'tcp',
    router_port: index + 1,
    gateway_ip: GATEWAY,
    server_ip: `10.20.${(index >> 8) & 255}.${(index & 127) + 2}`,
    server_port: 22,
    server_id: null,
    port_id: null,
    name: '',
    description: '',
    allowed_cidrs: [],
    masquerade: 'never',
    expires_at: null,
    enabled: true,
    open_security_group: false,
    security_group_rule_ids: [],
    suspension: null,
    status: 'PENDING',
    status_code: null,
    status_reason: '',
    created_at: TIME,
    updated_at: TIME,
  }));
}
