/** The services of published ports, the same for this node and for a remote PAT agent over its socket or HTTP. */
import type { Requester } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions, Synced } from '../change/change.ts';
import type { MappingPatch } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import type { OwnQuota } from '../quota/quota.ts';
import type { RouterDetails, RouterSummary } from '../router/view.ts';

/** The mappings that were deleted. */
export interface DeletedMappings extends Changed<readonly MappingView[]> {
  /** Why the mappings of some routers were not deleted. */
  readonly failures: readonly Error[];
}

export interface MappingFilter {
  readonly router_id?: string;
  readonly server_ip?: string;
  readonly status?: string;
  /** Only mappings with one of these IDs: their own, or that of their router, port, server or project. */
  readonly related_to?: readonly string[];
}

export interface MappingList {
  readonly mappings: readonly MappingView[];
  /** Why the records of some routers could not be read. */
  readonly failures: readonly Error[];
}

/**
 * Mappings. Every method throws errors of the catalogue; after an error nothing has changed. A mapping that the requester (root
 * when left out) does not see gives MAPPING_NOT_FOUND.
 */
export interface Pat {
  /** Publishes a port. */
  create(request: MappingRequest, options?: ChangeOptions): Promise<Changed<MappingView>>;
  /** Updates one mapping, by its ID or an unambiguous ID prefix. */
  update(id: string, patch: MappingPatch, options?: ChangeOptions): Promise<Changed<MappingView>>;
  /** Deletes mappings, by their IDs or unambiguous ID prefixes. Those of one router are deleted all or none. */
  delete(ids: readonly string[], options?: ChangeOptions): Promise<DeletedMappings>;
  list(filter?: MappingFilter, requester?: Requester): Promise<MappingList>;
  /** Gives one mapping, by its ID or an unambiguous ID prefix. */
  get(id: string, requester?: Requester): Promise<MappingView>;
  /** Gives the open connections of one mapping. */
  connections(id: string, requester?: Requester): Promise<readonly Connection[]>;
  /** Reconciles one router: makes its kernel rules equal to the store. */
  sync(routerId: string, options?: ChangeOptions): Promise<Changed<Synced>>;
}

export interface RouterList {
  readonly routers: readonly RouterSummary[];
  /** Why some routers could not be read. */
  readonly failures: readonly Error[];
}

/** The routers of the node. */
export interface Routers {
  list(requester?: Requester): Promise<RouterList>;
  show(routerId: string, requester?: Requester): Promise<RouterDetails>;
}

/** A limit (-1: unlimited) and how much of it is in use. */
export interface QuotaLine {
  readonly limit: number;
  readonly in_use: number;
}

export interface QuotaView {
  readonly project_id: string;
  /** No quota is set for the project. */
  readonly is_default: boolean;
  readonly mappings: QuotaLine;
  /** Mappings on one router; `in_use` is for the router with most of them. */
  readonly ports_per_router: QuotaLine;
}

/**
 * Quotas of projects. Each method throws INVALID_INPUT, PROJECT_NOT_FOUND for a project that the requester does not see, and
 * QUOTAS_DAMAGED.
 */
export interface Quotas {
  list(requester?: Requester): Promise<readonly QuotaView[]>;
  show(projectId: string, requester?: Requester): Promise<QuotaView>;
  /** Sets the quota of a project. A limit that is left out keeps its value. */
  set(projectId: string, quota: OwnQuota, requester?: Requester): Promise<QuotaView>;
  /** Resets the quota of a project to the default. */
  reset(projectId: string, requester?: Requester): Promise<QuotaView>;
}
