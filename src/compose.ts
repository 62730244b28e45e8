/** The only file that knows every adapter: builds the graph once, from a validated configuration. */
import { Agent } from './agent/agent.ts';
import type { Config } from './config/keys.ts';
import type { Backend } from './netfilter/backend.ts';
import { NetfilterDataplane } from './netfilter/dataplane.ts';
import { IptablesBackend } from './netfilter/iptables/backend.ts';
import { Namespaces } from './netfilter/namespace.ts';
import { NftablesBackend } from './netfilter/nftables/backend.ts';
import type { MappingStore } from './pat/ports.ts';
import { RouterService } from './pat/router-service.ts';
import { PatService } from './pat/service.ts';
import { FileStore } from './store/file-store.ts';
import { newUuid, systemClock } from './system/clock.ts';
import { createExec } from './system/exec.ts';
import { Interruption } from './system/interruption.ts';
import { FileLog } from './system/log.ts';

export interface Praas {
  readonly pat: PatService;
  readonly routers: RouterService;
  readonly interruption: Interruption;
  /** Gives the lock back and finishes the log. */
  close(): Promise<void>;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** What is being run, for whoever waits for the lock meanwhile. */
  readonly command: string;
  /** Takes sentences that the operator should read although the work goes on. */
  readonly complain: (sentence: string) => void;
}

/** Gives a praas that works directly on this node's store and kernel. Starts nothing and touches no file yet. */
export function compose(config: Config, { env, command, complain }: Surroundings): Praas {
  const interruption = new Interruption();
  const exec = createExec(config.command_timeout * 1000, env, interruption.ending);
  const namespaces = new Namespaces(exec, config.netns_dir);
  const iptables = new IptablesBackend(namespaces, {
    wait_seconds: config.xtables_wait,
    neutron_lock_path: config.neutron_lock_path,
  });
  const nftables = new NftablesBackend(namespaces);
  const [used, other]: [Backend, Backend] = config.backend === 'iptables' ? [iptables, nftables] : [nftables, iptables];
  const dataplane = new NetfilterDataplane(namespaces, used, other);
  const log = new FileLog(config.log_dir, 'praas', complain);
  const files = new FileStore({
    state_dir: config.state_dir,
    lock_timeout_seconds: config.lock_timeout,
    exec,
    clock: systemClock,
    command,
  });
  const store = shielded(files, interruption);
  const agent = new Agent(dataplane, systemClock, log);
  const policy = {
    router_port_range: config.router_port_range,
    reserved_ports: config.reserved_ports,
    masquerade: config.masquerade,
  };
  const parts = {
    store,
    dataplane,
    agent,
    clock: systemClock,
    new_id: newUuid,
    log,
    policy,
    state_dir: config.state_dir,
  };
  return {
    pat: new PatService(parts),
    routers: new RouterService(parts),
    interruption,
    async close() {
      await files.close();
      await log.close();
    },
  };
}

/** A change that has begun is not interrupted: the store and the kernel would differ until somebody puts it right. */
function shielded(store: MappingStore, interruption: Interruption): MappingStore {
  return {
    routers: () => store.routers(),
    read: (router_id) => store.read(router_id),
    transaction: (router_id, work) =>
      store.transaction(router_id, (transaction) => interruption.shield(() => work(transaction))),
  };
}
