/** /v1/mappings: the list of its operations, and those that read. */
import type { Checks } from '../../pat/check/service.ts';
import { MappingReference } from '../../pat/mapping/mapping.ts';
import type { NodePat, NodeRouters } from '../../pat/services/api.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { CheckDocument } from './check-schemas.ts';
import { ETAG, etagOf } from './etag.ts';
import { problemsOf } from './failures.ts';
import {
  createMappings,
  deleteMapping,
  deleteMappings,
  type MappingChangesParts,
  updateMapping,
} from './mapping-changes.ts';
import { pageOf } from './paging.ts';
import { ConnectionsDocument, ListQuery, MappingDocument, MappingListDocument } from './schemas.ts';

interface MappingsParts extends MappingChangesParts {
  readonly pat: NodePat;
  readonly routers: Pick<NodeRouters, 'idOf'>;
  readonly checks: Checks;
}

export function mappingEndpoints(parts: MappingsParts): readonly Endpoint[] {
  return [
    listMappings(parts),
    createMappings(parts),
    showMapping(parts),
    updateMapping(parts),
    deleteMappings(parts),
    deleteMapping(parts),
    listConnections(parts),
    checkMapping(parts),
  ];
}

function listMappings(parts: MappingsParts): Endpoint {
  const { pat, routers } = parts;
  return endpoint<ListQuery>({
    method: 'get',
    path: '/v1/mappings',
    name: 'listMappings',
    summary: 'List mappings',
    description: 'By default in the order of router, gateway address, port and protocol.',
    tag: 'mappings',
    action: 'mapping:list',
    query: ListQuery,
    responses: { 200: { description: 'The matching mappings.', schema: MappingListDocument } },
    handle: async ({ requester, query, baseUrl, url }) => {
      const routerId = query.router_id && routers.idOf(query.router_id, requester);
      const { related_to } = query;
      const ofRouter = routerId === undefined ? {} : { router_id: routerId };
      const pages = await pat.pages({ ...ofRouter, ...(related_to && { related_to }) }, requester);
      const { mappings, next } = pageOf(pages, { ...query, ...ofRouter }, new URL(url, baseUrl));
      const links = next === undefined ? {} : { mappings_links: [{ rel: 'next', href: next }] };
      const failures = problemsOf(parts, requester, pages.failures);
      return { status: 200, body: { mappings, ...links, failures } };
    },
  });
}

function showMapping({ pat }: MappingsParts): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/mappings/{id}',
    name: 'showMapping',
    summary: 'Show one mapping',
    tag: 'mappings',
    action: 'mapping:show',
    id: MappingReference,
    responses: { 200: { description: 'The mapping.', schema: MappingDocument, etag: ETAG } },
    handle: async ({ requester, id }) => {
      const mapping = await pat.get(id, requester);
      return { status: 200, body: { mapping, warnings: [] }, headers: { ETag: etagOf(mapping) } };
    },
  });
}

function listConnections({ pat }: MappingsParts): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/mappings/{id}/connections',
    name: 'listConnections',
    summary: 'List the current connections through a mapping',
    tag: 'mappings',
    action: 'mapping:connections',
    id: MappingReference,
    responses: {
      200: { description: 'The entries of the connection table of the kernel.', schema: ConnectionsDocument },
    },
    handle: async ({ requester, id }) => ({
      status: 200,
      body: { connections: await pat.connections(id, requester) },
    }),
  });
}

function checkMapping({ checks }: MappingsParts): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/mappings/{id}/check',
    name: 'checkMapping',
    summary: 'Check why a mapping cannot be reached',
    description:
      'Inspects the kernel, Neutron and Nova, and connects to the server from the router. Takes some seconds when the server ' +
      'does not respond.',
    tag: 'mappings',
    action: 'mapping:check',
    isLong: true,
    id: MappingReference,
    responses: { 200: { description: 'The result for each hop, with a conclusion.', schema: CheckDocument } },
    handle: async ({ requester, id }) => ({ status: 200, body: { check: await checks.check(id, requester) } }),
  });
}
