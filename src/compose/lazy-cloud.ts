/**
 * The cloud for commands without a daemon: built when it is first needed, because most commands do not need it and should
 * not load its code.
 */

import { defaultPolicy } from '../core/identity/policy.ts';
import { type Requester, ROOT } from '../core/identity/requester.ts';
import type { Logger } from '../core/logger.ts';
import type { PraasError } from '../pat/errors.ts';
import type { Cloud } from '../pat/interfaces/cloud.ts';
import type {
  FollowedMapping,
  FollowResult,
  SecuredTarget,
  SecurityGroupAccess,
} from '../pat/interfaces/security-groups.ts';
import type { ResolvedRequest, Targets } from '../pat/interfaces/target.ts';
import type { Mapping, TargetIdentity } from '../pat/mapping/mapping.ts';
import type { MappingRequest } from '../pat/mapping/request.ts';
import type { ServerSummary, Servers } from '../pat/services/api.ts';
import { noServers } from '../pat/services/server-service.ts';
import { LocalTargets } from '../pat/target/targets.ts';
import { pathExists } from '../system/path-exists.ts';
import { ACTIONS } from './actions.ts';
import type { BuiltCloud } from './cloud.ts';
import { cloudNotConfigured } from './cloud-not-configured.ts';
import type { Config } from './config.ts';

export class LazyCloud implements Targets, SecurityGroupAccess {
  readonly #build: () => Promise<BuiltCloud | undefined>;
  readonly #notConfigured: () => PraasError;
  readonly #local: LocalTargets;
  #built: Promise<BuiltCloud | undefined> | undefined;

  constructor(config: Config, env: NodeJS.ProcessEnv, log: Logger) {
    this.#notConfigured = () => cloudNotConfigured(config, env);
    this.#local = new LocalTargets({ notConfigured: this.#notConfigured, policy: defaultPolicy(ACTIONS) });
    this.#build = async () => {
      if (!env['OS_CLIENT_CONFIG_FILE'] && !(await pathExists(config.clouds_path))) return undefined;
      const { buildCloud } = await import('./cloud.ts');
      return buildCloud(config, env, log);
    };
  }

  async resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest> {
    return ((await this.#cloud())?.parts.targets ?? this.#local).resolve(request, requester);
  }

  async readdress(mapping: Mapping, serverIp: string, requester: Requester): Promise<TargetIdentity> {
    return ((await this.#cloud())?.parts.targets ?? this.#local).readdress(mapping, serverIp, requester);
  }

  async confirm(mapping: Mapping, requester: Requester): Promise<void> {
    await ((await this.#cloud())?.parts.targets ?? this.#local).confirm(mapping, requester);
  }

  async inspect(target: SecuredTarget): Promise<readonly string[]> {
    return (await this.#groups())?.inspect(target) ?? [];
  }

  async inspectMapping(mapping: Mapping): Promise<readonly string[]> {
    return (await this.#groups())?.inspectMapping(mapping) ?? [];
  }

  async open(mappingId: string, target: SecuredTarget): Promise<readonly string[]> {
    return (await this.#groups())?.open(mappingId, target) ?? [];
  }

  async follow(mappings: readonly FollowedMapping[]): Promise<readonly FollowResult[]> {
    const groups = await this.#groups();
    if (groups !== undefined) return groups.follow(mappings);
    const failure = this.#notConfigured();
    return mappings.map(({ id, mapping }) => ({
      id,
      ruleIds: mapping?.security_group_rule_ids ?? [],
      removed: [],
      failure,
    }));
  }

  /** The servers of the cloud. `mappings` are those of this node. */
  servers(mappings: () => Promise<readonly Mapping[]>): Servers {
    const list = async (): Promise<readonly ServerSummary[]> => {
      const cloud = await this.#cloud();
      if (cloud === undefined) return noServers(this.#notConfigured).list(ROOT);
      const { ServerService } = await import('../pat/services/server-service.ts');
      return new ServerService({ cloud: cloud.cloud, mappings }).list(ROOT);
    };
    return { list };
  }

  /** Undefined on a node without OpenStack. */
  async cloud(): Promise<Cloud | undefined> {
    return (await this.#cloud())?.cloud;
  }

  /** Lets go of connections, if there are any. */
  async end(): Promise<void> {
    (await this.#built?.catch(() => undefined))?.close();
  }

  async #groups(): Promise<SecurityGroupAccess | undefined> {
    return (await this.#cloud())?.parts.groups;
  }

  #cloud(): Promise<BuiltCloud | undefined> {
    this.#built ??= this.#build();
    return this.#built;
  }
}
