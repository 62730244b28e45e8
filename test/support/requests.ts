/** Requests and requesters as the doors make them: parsed, with what was left out filled in. */
import { defaultPolicy } from '../../src/core/identity/policy.ts';
import { Requester, type Role } from '../../src/core/identity/requester.ts';
import { parseInput } from '../../src/core/values/input.ts';
import { PAT_ACTIONS } from '../../src/pat/actions.ts';
import type { Changed, ChangeOptions } from '../../src/pat/change/change.ts';
import { MappingPatch, type MappingPatchInput, type NewMapping } from '../../src/pat/mapping/mapping.ts';
import { MappingRequest, type MappingRequestInput } from '../../src/pat/mapping/request.ts';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { PatService } from '../../src/pat/services/pat-service.ts';

export const POLICY_BY_DEFAULT = defaultPolicy(PAT_ACTIONS);

/** Throws INVALID_INPUT. */
export const requestOf = (input: MappingRequestInput): MappingRequest => parseInput(MappingRequest, input);

/** A requester who sees one project. */
export const tenant = (role: Role, projectId: string, name: string = role): Requester =>
  new Requester({ name, role, projectId });

/** A new mapping in which nothing is said but what is given. */
export function newMapping(
  given: Partial<NewMapping> & Pick<NewMapping, 'router_id' | 'server_ip' | 'server_port'>,
): NewMapping {
  return {
    project_id: null,
    protocol: 'tcp',
    server_id: null,
    port_id: null,
    name: '',
    description: '',
    allowed_cidrs: [],
    expires_at: null,
    enabled: true,
    open_security_group: false,
    security_group_rule_ids: [],
    ...given,
  };
}

/** The service behind a door that parses, as the API's and the command line's do. */
export class ParsingPatService extends PatService {
  override async create(input: MappingRequestInput, options?: ChangeOptions): Promise<Changed<MappingView>> {
    return super.create(requestOf(input), options);
  }

  override async createMany(
    inputs: readonly MappingRequestInput[],
    options?: ChangeOptions,
    ids?: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    return super.createMany(inputs.map(requestOf), options, ids);
  }

  override async update(id: string, patch: MappingPatchInput, options?: ChangeOptions): Promise<Changed<MappingView>> {
    return super.update(id, parseInput(MappingPatch, patch), options);
  }
}
