/** /v1/mappings. */

import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { ChangeOptions } from '../../pat/change/change.ts';
import type { CheckService } from '../../pat/check/service.ts';
import { isPraasError } from '../../pat/errors.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import type { PatService } from '../../pat/services/pat-service.ts';
import type { RouterService } from '../../pat/services/router-service.ts';
import { type Answer, type Endpoint, endpoint } from '../http/endpoint.ts';
import type { IdempotencyKeys } from '../http/idempotency.ts';
import { type Problem, problemOf } from '../http/problem.ts';
import { redactFor } from '../http/redact.ts';
import { inProject, optionsOf } from './access.ts';
import { CheckDocument } from './check-schemas.ts';
import { conditionOf, etagOf } from './etag.ts';
import { pageOf } from './paging.ts';
import {
  ChangeQuery,
  ConnectionsDocument,
  CreateBody,
  CreatedDocument,
  DeleteBody,
  DeletedDocument,
  ListQuery,
  MappingDocument,
  MappingListDocument,
  UpdateBody,
} from './schemas.ts';

const ETAG = 'The state of the mapping, for If-Match. Changes when somebody changes the mapping, not with its status.';

export interface MappingsParts {
  readonly pat: Pick<PatService, 'createMany' | 'update' | 'delete' | 'list' | 'get' | 'connections'>;
  readonly routers: Pick<RouterService, 'idOf'>;
  readonly checks: Pick<CheckService, 'check'>;
  readonly idempotency: IdempotencyKeys;
  readonly policy: AccessPolicy;
  /** The id of the request under way, for failures that are part of an answer. */
  readonly request_id: () => string;
}

export function mappingEndpoints(parts: MappingsParts): readonly Endpoint[] {
  const { pat, routers, policy, request_id } = parts;
  const failures = (requester: Requester, errors: readonly Error[]): Problem[] =>
    errors.map((error) => problemOf(redactFor(requester, error), request_id()));
  const list = endpoint<ListQuery>({
    method: 'get',
    path: '/v1/mappings',
    name: 'listMappings',
    summary: 'List mappings',
    description: 'In the order of router, gateway address, port and protocol unless sort_key says otherwise.',
    tag: 'mappings',
    action: 'mapping:list',
    query: ListQuery,
    responses: { 200: { description: 'The mappings that fit.', schema: MappingListDocument } },
    handle: async ({ requester, query, baseUrl, url }) => {
      const router_id = query.router_id && routers.idOf(query.router_id, requester);
      const { related_to } = query;
      const ofRouter = router_id === undefined ? {} : { router_id };
      const found = await pat.list({ ...ofRouter, ...(related_to && { related_to }) }, requester);
      const { mappings, next } = pageOf(found.mappings, { ...query, ...ofRouter }, new URL(url, baseUrl));
      const links = next === undefined ? {} : { mappings_links: [{ rel: 'next', href: next }] };
      return { status: 200, body: { mappings, ...links, failures: failures(requester, found.failures) } };
    },
  });
  const show = endpoint({
    method: 'get',
    path: '/v1/mappings/{id}',
    name: 'showMapping',
    summary: 'Show one mapping, by its ID or an unambiguous beginning of it',
    tag: 'mappings',
    action: 'mapping:show',
    responses: { 200: { description: 'The mapping, with its ETag.', schema: MappingDocument, etag: ETAG } },
    handle: async (asked) => {
      const mapping = await pat.get(asked.id, asked.requester);
      return { status: 200, body: { mapping, warnings: [] }, headers: { ETag: etagOf(mapping) } };
    },
  });
  const update = endpoint<ChangeQuery, UpdateBody>({
    method: 'patch',
    path: '/v1/mappings/{id}',
    name: 'updateMapping',
    summary: 'Change a mapping',
    description: 'Connections that the mapping no longer allows end. With If-Match only if nobody else changed it.',
    tag: 'mappings',
    action: 'mapping:update',
    query: ChangeQuery,
    body: UpdateBody,
    headers: ['If-Match'],
    responses: {
      200: { description: 'The mapping as it is now, with its ETag.', schema: MappingDocument, etag: ETAG },
    },
    handle: async (asked) => {
      const { requester, query, body } = asked;
      const options = { ...optionsOf(policy, requester, query), condition: conditionOf(asked.ifMatch) };
      const changed = await pat.update(asked.id, body.mapping, options);
      const { value: mapping, warnings, script } = changed;
      return { status: 200, body: { mapping, warnings, script }, headers: { ETag: etagOf(mapping) } };
    },
  });
  return [list, creation(parts), show, update, ...removals(parts, failures), connections(parts), check(parts)];
}

function creation({ pat, idempotency, policy }: MappingsParts): Endpoint {
  return endpoint<ChangeQuery, CreateBody>({
    method: 'post',
    path: '/v1/mappings',
    name: 'createMappings',
    summary: 'Publish one port, or several of one router',
    description:
      'Returns when the rules are in the kernel. A list goes all or none. With an Idempotency-Key a repeated request ' +
      'gets the answer of the first one and publishes nothing anew.',
    tag: 'mappings',
    action: 'mapping:create',
    query: ChangeQuery,
    body: CreateBody,
    headers: ['Idempotency-Key'],
    responses: {
      201: { description: 'What is published now, in the form of the request.', schema: CreatedDocument, etag: ETAG },
      200: { description: 'What would be published, for a dry run.', schema: CreatedDocument, etag: ETAG },
    },
    handle: async (asked) => {
      const { requester, query, body } = asked;
      const options = optionsOf(policy, requester, query);
      const given = body.mappings ?? (body.mapping ? [body.mapping] : []);
      const inputs = given.map((input) => inProject(requester, input));
      const work = async (ids?: readonly string[]): Promise<Answer> => {
        const { value, warnings, script } = await pat.createMany(inputs, options, ids);
        return created(body, value, warnings, script);
      };
      const { idempotencyKey: key } = asked;
      if (key === undefined || options.dryRun) return work();
      const again = async (ids: readonly string[], error: unknown): Promise<Answer> => {
        if (!isPraasError(error, 'MAPPING_EXISTS')) throw error;
        return created(body, await Promise.all(ids.map((id) => pat.get(id))), []);
      };
      return idempotency.run({ requester, key, inputs }, work, again);
    },
  });
}

function removals(
  { pat, policy }: MappingsParts,
  failures: (requester: Requester, errors: readonly Error[]) => Problem[],
): readonly Endpoint[] {
  const one = endpoint<ChangeQuery>({
    method: 'delete',
    path: '/v1/mappings/{id}',
    name: 'deleteMapping',
    summary: 'Withdraw a mapping',
    description:
      'Closes the port and ends the connections that go through it. With If-Match only if nobody changed it.',
    tag: 'mappings',
    action: 'mapping:delete',
    query: ChangeQuery,
    headers: ['If-Match'],
    responses: {
      204: { description: 'It is gone.' },
      200: { description: 'What would change, for a dry run.', schema: DeletedDocument },
    },
    handle: async (asked) => {
      const options: ChangeOptions = {
        ...optionsOf(policy, asked.requester, asked.query),
        condition: conditionOf(asked.ifMatch),
      };
      const { value, warnings, script } = await pat.delete([asked.id], options);
      if (!options.dryRun) return { status: 204 };
      return { status: 200, body: { mappings: value, warnings, script, failures: [] } };
    },
  });
  const several = endpoint<ChangeQuery, DeleteBody>({
    method: 'post',
    path: '/v1/mappings/delete',
    name: 'deleteMappings',
    summary: 'Withdraw several mappings',
    description:
      'All IDs are checked before anything is withdrawn. The mappings of one router go together or not at all; why those ' +
      'of another router stayed is in `failures`.',
    tag: 'mappings',
    action: 'mapping:delete',
    query: ChangeQuery,
    body: DeleteBody,
    responses: { 200: { description: 'What has been withdrawn.', schema: DeletedDocument } },
    handle: async (asked) => {
      const options = optionsOf(policy, asked.requester, asked.query);
      const deleted = await pat.delete(asked.body.ids, options);
      const { value, warnings, script, failures: failed } = deleted;
      return { status: 200, body: { mappings: value, warnings, script, failures: failures(asked.requester, failed) } };
    },
  });
  return [several, one];
}

function connections({ pat }: MappingsParts): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/mappings/{id}/connections',
    name: 'listConnections',
    summary: 'List the connections through a mapping at this moment',
    tag: 'mappings',
    action: 'mapping:connections',
    responses: { 200: { description: 'As the kernel has them.', schema: ConnectionsDocument } },
    handle: async (asked) => ({
      status: 200,
      body: { connections: await pat.connections(asked.id, asked.requester) },
    }),
  });
}

function check({ checks }: MappingsParts): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/mappings/{id}/check',
    name: 'checkMapping',
    summary: 'Find out why a mapping cannot be reached',
    description:
      'Asks the kernel, Neutron and Nova, and tries the server from the router. Takes a few seconds where nobody answers.',
    tag: 'mappings',
    action: 'mapping:check',
    responses: { 200: { description: 'Hop by hop, with a conclusion.', schema: CheckDocument } },
    handle: async (asked) => ({
      status: 200,
      body: { check: await checks.check(asked.id, asked.requester) },
    }),
  });
}

function created(
  body: CreateBody,
  mappings: readonly MappingView[],
  warnings: readonly string[],
  script?: string,
): Answer {
  const [mapping] = mappings;
  const status = script === undefined ? 201 : 200;
  if (body.mapping === undefined || mapping === undefined) return { status, body: { mappings, warnings, script } };
  const headers = { ETag: etagOf(mapping), Location: `/v1/mappings/${mapping.id}` };
  return { status, body: { mapping, warnings, script }, headers };
}
