/** Operations that create, update and delete mappings. */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import { isPraasError } from '../../pat/errors.ts';
import { MappingReference } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import type { NodePat } from '../../pat/services/api.ts';
import { type Endpoint, type EndpointResponse, endpoint } from '../http/endpoint.ts';
import type { IdempotencyKeys } from '../http/idempotency.ts';
import { inProject, optionsOf, writesOf } from './access.ts';
import { conditionOf, ETAG, etagOf } from './etag.ts';
import { type FailureParts, problemsOf } from './failures.ts';
import {
  ChangeQuery,
  CreateBody,
  CreatedDocument,
  DeleteBody,
  DeletedDocument,
  MappingDocument,
  UpdateBody,
} from './schemas.ts';

export interface MappingChangesParts extends FailureParts {
  readonly pat: Pick<NodePat, 'createMany' | 'update' | 'delete' | 'get'>;
  readonly idempotency: IdempotencyKeys;
  readonly policy: AccessPolicy;
}

export function createMappings({ pat, idempotency, policy }: MappingChangesParts): Endpoint {
  return endpoint<ChangeQuery, CreateBody>({
    method: 'post',
    path: '/v1/mappings',
    name: 'createMappings',
    summary: 'Publish one port, or several ports of one router',
    description:
      'Responds when the rules are in the kernel. A list is created completely or not at all. With an Idempotency-Key, a ' +
      'repeated request creates nothing and gets the mappings of the first one as they are.',
    tag: 'mappings',
    action: 'mapping:create',
    query: ChangeQuery,
    body: CreateBody,
    headers: ['Idempotency-Key'],
    writes: ({ query, body: { mappings } }) => writesOf(query, mappings?.length),
    responses: {
      201: { description: 'The new mappings, in the form of the request.', schema: CreatedDocument, etag: ETAG },
      200: { description: 'The result of a dry run.', schema: CreatedDocument, etag: ETAG },
    },
    handle: async ({ requester, query, body, idempotencyKey: key }) => {
      const options = optionsOf(policy, requester, query);
      const requested = body.mappings ?? (body.mapping ? [body.mapping] : []);
      const inputs = requested.map((input) => inProject(requester, input));
      const create = async (ids?: readonly string[]): Promise<EndpointResponse> => {
        const { value, warnings, script } = await pat.createMany(inputs, options, ids);
        return createdResponse(body, value, warnings, script);
      };
      if (key === undefined || options.dryRun) return create();
      const again = async (ids: readonly string[]): Promise<EndpointResponse> =>
        createdResponse(body, await Promise.all(ids.map((id) => pat.get(id, requester))), []);
      const exist = (error: unknown): boolean => isPraasError(error, 'MAPPING_EXISTS');
      return idempotency.run({ requester, key, inputs }, { create, again, exist });
    },
  });
}

function createdResponse(
  body: CreateBody,
  mappings: readonly MappingView[],
  warnings: readonly string[],
  script?: string,
): EndpointResponse {
  const [mapping] = mappings;
  const status = script === undefined ? 201 : 200;
  if (body.mapping === undefined || mapping === undefined) return { status, body: { mappings, warnings, script } };
  const headers = { ETag: etagOf(mapping), Location: `/v1/mappings/${mapping.id}` };
  return { status, body: { mapping, warnings, script }, headers };
}

export function updateMapping({ pat, policy }: MappingChangesParts): Endpoint {
  return endpoint<ChangeQuery, UpdateBody>({
    method: 'patch',
    path: '/v1/mappings/{id}',
    name: 'updateMapping',
    summary: 'Update a mapping',
    description: 'Ends the connections that the mapping no longer allows.',
    tag: 'mappings',
    action: 'mapping:update',
    id: MappingReference,
    query: ChangeQuery,
    body: UpdateBody,
    writes: ({ query }) => writesOf(query),
    headers: ['If-Match'],
    responses: { 200: { description: 'The updated mapping.', schema: MappingDocument, etag: ETAG } },
    handle: async ({ requester, id, query, body, ifMatch }) => {
      const options = { ...optionsOf(policy, requester, query), condition: conditionOf(ifMatch) };
      const { value: mapping, warnings, script } = await pat.update(id, body.mapping, options);
      return { status: 200, body: { mapping, warnings, script }, headers: { ETag: etagOf(mapping) } };
    },
  });
}

export function deleteMapping({ pat, policy }: MappingChangesParts): Endpoint {
  return endpoint<ChangeQuery>({
    method: 'delete',
    path: '/v1/mappings/{id}',
    name: 'deleteMapping',
    summary: 'Delete a mapping',
    description:
      'Closes the port and ends the connections through it. `warnings` say so where a rule of another program may keep it open.',
    tag: 'mappings',
    action: 'mapping:delete',
    id: MappingReference,
    query: ChangeQuery,
    writes: ({ query }) => writesOf(query),
    headers: ['If-Match'],
    responses: {
      204: { description: 'Deleted, and there is nothing to say about it.' },
      200: { description: 'Deleted, with warnings; or the result of a dry run.', schema: DeletedDocument },
    },
    handle: async ({ requester, id, query, ifMatch }) => {
      const options = { ...optionsOf(policy, requester, query), condition: conditionOf(ifMatch) };
      const { value, warnings, script } = await pat.delete([id], options);
      if (!options.dryRun && warnings.length === 0) return { status: 204 };
      return { status: 200, body: { mappings: value, warnings, script, failures: [] } };
    },
  });
}

export function deleteMappings(parts: MappingChangesParts): Endpoint {
  const { pat, policy } = parts;
  return endpoint<ChangeQuery, DeleteBody>({
    method: 'post',
    path: '/v1/mappings/delete',
    name: 'deleteMappings',
    summary: 'Delete several mappings',
    description:
      'All IDs are validated before the first mapping is deleted. The mappings of one router are deleted together or not at ' +
      'all; `failures` has the routers whose mappings were not deleted.',
    tag: 'mappings',
    action: 'mapping:delete',
    query: ChangeQuery,
    body: DeleteBody,
    writes: ({ query, body: { ids } }) => writesOf(query, ids.length),
    responses: { 200: { description: 'The deleted mappings.', schema: DeletedDocument } },
    handle: async ({ requester, query, body }) => {
      const options = optionsOf(policy, requester, query);
      const { value, warnings, script, failures } = await pat.delete(body.ids, options);
      const problems = problemsOf(parts, requester, failures);
      return { status: 200, body: { mappings: value, warnings, script, failures: problems } };
    },
  });
}
