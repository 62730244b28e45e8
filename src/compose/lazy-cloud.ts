/**
 * The cloud for commands that work without a daemon: joined only when something is asked of it, because most commands ask
 * nothing and should not wait for the code of a client they do not use.
 */

import type { Requester } from '../core/identity/requester.ts';
import type { Logger } from '../core/logger.ts';
import type { Cloud } from '../pat/interfaces/cloud.ts';
import type { GroupCheck, SecuredTarget, SecurityGroupAccess } from '../pat/interfaces/security-groups.ts';
import type { ResolvedRequest, Targets } from '../pat/interfaces/target.ts';
import type { Mapping, TargetIdentity } from '../pat/mapping/mapping.ts';
import type { MappingRequest } from '../pat/mapping/request.ts';
import { noServers, type ServerSummary, type Servers } from '../pat/services/server-service.ts';
import { LocalTargets } from '../pat/target/targets.ts';
import type { Config } from '../system/config/keys.ts';
import { pathExists } from '../system/path-exists.ts';
import type { BuiltCloud } from './cloud.ts';

export class LazyCloud implements Targets, SecurityGroupAccess {
  readonly #join: () => Promise<BuiltCloud | undefined>;
  readonly #cloudsPath: string;
  readonly #local: LocalTargets;
  #joined: Promise<BuiltCloud | undefined> | undefined;

  constructor(config: Config, env: NodeJS.ProcessEnv, log: Logger) {
    this.#cloudsPath = config.clouds_path;
    this.#local = new LocalTargets(config.clouds_path);
    this.#join = async () => {
      if (!env['OS_CLIENT_CONFIG_FILE'] && !(await pathExists(config.clouds_path))) return undefined;
      const { buildCloud: joinCloud } = await import('./cloud.ts');
      return joinCloud(config, env, log);
    };
  }

  async resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest> {
    return ((await this.#cloud())?.parts.targets ?? this.#local).resolve(request, requester);
  }

  async readdress(mapping: Mapping, server_ip: string, requester: Requester): Promise<TargetIdentity> {
    return ((await this.#cloud())?.parts.targets ?? this.#local).readdress(mapping, server_ip, requester);
  }

  async confirm(mapping: Mapping, requester: Requester): Promise<void> {
    await ((await this.#cloud())?.parts.targets ?? this.#local).confirm(mapping, requester);
  }

  async inspect(mapping_id: string, target: SecuredTarget, opens: boolean): Promise<GroupCheck> {
    const joined = await this.#cloud();
    return joined ? joined.parts.groups.inspect(mapping_id, target, opens) : { warnings: [], ruleIds: [] };
  }

  async close(ruleIds: readonly string[]): Promise<readonly string[]> {
    if (ruleIds.length === 0) return [];
    const joined = await this.#cloud();
    return joined ? joined.parts.groups.close(ruleIds) : ruleIds.map((id) => `security group rule ${id} stays`);
  }

  /** The servers of the cloud. `mappings` are those of this node. */
  servers(mappings: () => Promise<readonly Mapping[]>): Servers {
    const list = async (): Promise<readonly ServerSummary[]> => {
      const joined = await this.#cloud();
      if (joined === undefined) return noServers(this.#cloudsPath).list();
      const { ServerService } = await import('../pat/services/server-service.ts');
      return new ServerService({ cloud: joined.cloud, mappings }).list();
    };
    return { list };
  }

  /** Undefined on a node without OpenStack. */
  async cloud(): Promise<Cloud | undefined> {
    return (await this.#cloud())?.cloud;
  }

  /** Lets go of connections, if there are any. */
  async end(): Promise<void> {
    (await this.#joined?.catch(() => undefined))?.close();
  }

  #cloud(): Promise<BuiltCloud | undefined> {
    this.#joined ??= this.#join();
    return this.#joined;
  }
}
