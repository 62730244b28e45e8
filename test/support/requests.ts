/** Requests and requesters as the doors make them: parsed, with what was left out filled in. */
import { defaultPolicy } from '../../src/core/identity/policy.ts';
import { Requester, ROOT, type Role } from '../../src/core/identity/requester.ts';
import { parseInput } from '../../src/core/values/input.ts';
import { PAT_ACTIONS } from '../../src/pat/actions.ts';
import type { Changed, ChangeOptions, Synced } from '../../src/pat/change/change.ts';
import { MappingPatch, type MappingPatchInput, type NewMapping } from '../../src/pat/mapping/mapping.ts';
import { MappingRequest, type MappingRequestInput } from '../../src/pat/mapping/request.ts';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import type { Connection } from '../../src/pat/plan/connection.ts';
import type { DeletedMappings, MappingFilter, MappingList, MappingPages } from '../../src/pat/services/api.ts';
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

/** The service behind a door that parses, as the API's and the command line's do. Who asks is root where a test does not say. */
export class ParsingPatService extends PatService {
  override async create(
    input: MappingRequestInput,
    options: Partial<ChangeOptions> = {},
  ): Promise<Changed<MappingView>> {
    return super.create(requestOf(input), asRoot(options));
  }

  override async createMany(
    inputs: readonly MappingRequestInput[],
    options: Partial<ChangeOptions> = {},
    ids?: readonly string[],
  ): Promise<Changed<readonly MappingView[]>> {
    return super.createMany(inputs.map(requestOf), asRoot(options), ids);
  }

  override async update(
    id: string,
    patch: MappingPatchInput,
    options: Partial<ChangeOptions> = {},
  ): Promise<Changed<MappingView>> {
    return super.update(id, parseInput(MappingPatch, patch), asRoot(options));
  }

  override async delete(ids: readonly string[], options: Partial<ChangeOptions> = {}): Promise<DeletedMappings> {
    return super.delete(ids, asRoot(options));
  }

  override sync(routerId: string, options: Partial<ChangeOptions> = {}): Promise<Changed<Synced>> {
    return super.sync(routerId, asRoot(options));
  }

  override ensure(
    input: NewMapping,
    options: Partial<ChangeOptions> = {},
  ): Promise<Changed<{ mapping: MappingView; isNew: boolean }>> {
    return super.ensure(input, asRoot(options));
  }

  override async list(filter: MappingFilter = {}, requester: Requester = ROOT): Promise<MappingList> {
    return super.list(filter, requester);
  }

  override async pages(filter: MappingFilter = {}, requester: Requester = ROOT): Promise<MappingPages> {
    return super.pages(filter, requester);
  }

  override async get(id: string, requester: Requester = ROOT): Promise<MappingView> {
    return super.get(id, requester);
  }

  override async connections(id: string, requester: Requester = ROOT): Promise<readonly Connection[]> {
    return super.connections(id, requester);
  }
}

function asRoot(options: Partial<ChangeOptions>): ChangeOptions {
  return { requester: ROOT, ...options };
}
