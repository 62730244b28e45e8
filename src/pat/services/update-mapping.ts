/**
 * Updates one mapping: confirms that its target may be published as the update wants (Targets), changes the router once, and lets
 * the security groups follow. The update holds whether these follow or not.
 */
import type { Requester } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideUpdate } from '../change/decision.ts';
import type { SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { MappingStore } from '../interfaces/store.ts';
import type { Targets } from '../interfaces/target.ts';
import { affectsGroups, type Mapping, type MappingPatch, widensAccess } from '../mapping/mapping.ts';
import type { MappingView } from '../mapping/view.ts';
import type { GroupFollower } from './group-follower.ts';

interface MappingUpdateParts {
  readonly runner: ChangeRunner;
  readonly store: Pick<MappingStore, 'read'>;
  /** Throws FORBIDDEN for a router port that the requester may not use. */
  readonly requirePort: (routerPort: number | undefined, requester: Requester) => void;
  readonly targets: Targets;
  readonly groups?: SecurityGroupAccess | undefined;
  readonly follower: GroupFollower;
  readonly view: (mapping: Mapping) => MappingView;
}

export class MappingUpdate {
  readonly #parts: MappingUpdateParts;

  constructor(parts: MappingUpdateParts) {
    this.#parts = parts;
  }

  /** Takes the mapping as the requester sees it. Throws as PatService.update does. */
  async run(before: Mapping, patch: MappingPatch, options: ChangeOptions): Promise<Changed<MappingView>> {
    const { requester, condition, dryRun = false } = options;
    const { targets, runner, view, requirePort } = this.#parts;
    requirePort(patch.router_port, requester);
    const { server_ip } = patch;
    const moves = server_ip !== undefined && server_ip !== before.server_ip;
    const identity = moves ? await targets.readdress(before, server_ip, requester) : undefined;
    const isWider = widensAccess(before, patch);
    if (!moves && isWider) await targets.confirm(before, requester);
    const changed = await runner.run(before.router_id, {
      options,
      requiresRouter: false,
      scope: 'port',
      decide: (situation) => {
        const { delta, mapping } = decideUpdate(situation, before.id, patch, { condition, identity });
        return { delta, ids: [mapping.id], value: (record) => view(record.mappings.get(mapping.id) ?? mapping) };
      },
    });
    return dryRun || !affectsGroups(patch) ? changed : this.#withGroups(changed, moves || isWider);
  }

  /** Lets the groups follow, or warns of what they drop where they do not follow the mapping. */
  async #withGroups(changed: Changed<MappingView>, isWider: boolean): Promise<Changed<MappingView>> {
    const { follower, groups, store, view } = this.#parts;
    const { value } = changed;
    if (!value.open_security_group) {
      const dropped = isWider ? await groups?.inspectMapping(value) : undefined;
      return { ...changed, warnings: [...changed.warnings, ...(dropped ?? [])] };
    }
    const warnings = await follower.follow([value]);
    const { mappings } = await store.read(value.router_id);
    return { ...changed, value: view(mappings.get(value.id) ?? value), warnings: [...changed.warnings, ...warnings] };
  }
}
