/** What praas can be asked, whoever answers: this process on its own node, or a daemon over its socket or HTTP. */
import type { Requester } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions, Synced } from '../change/change.ts';
import type { MappingPatch } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import type { OwnQuota } from '../quota/quota.ts';
import type { RouterDetails, RouterSummary } from '../router/view.ts';

export interface Deleted extends Changed<readonly MappingView[]> {
  /** Why the mappings of some routers stayed. */
  readonly failures: readonly Error[];
}

export interface MappingFilter {
  readonly router_id?: string;
  readonly server_ip?: string;
  readonly status?: string;
  /** Only mappings that have to do with one of these: their own ID, or that of their router, port, server or project. */
  readonly related_to?: readonly string[];
}

export interface Listed {
  readonly mappings: readonly MappingView[];
  /** Routers whose records could not be read. */
  readonly failures: readonly Error[];
}

/**
 * Mappings. Every method throws errors of the catalogue; after one, nothing has changed. What the requester (root when left
 * out) does not see does not exist for them: MAPPING_NOT_FOUND.
 */
export interface Pat {
  /** Publishes a port. */
  create(request: MappingRequest, options?: ChangeOptions): Promise<Changed<MappingView>>;
  /** Changes one mapping, by its whole ID or an unambiguous beginning. */
  update(id: string, patch: MappingPatch, options?: ChangeOptions): Promise<Changed<MappingView>>;
  /** Removes mappings, each by its whole ID or an unambiguous beginning; those of one router together or not at all. */
  delete(ids: readonly string[], options?: ChangeOptions): Promise<Deleted>;
  list(filter?: MappingFilter, requester?: Requester): Promise<Listed>;
  /** One mapping, by its whole ID or an unambiguous beginning. */
  get(id: string, requester?: Requester): Promise<MappingView>;
  /** Connections through the mapping at this moment. */
  connections(id: string, requester?: Requester): Promise<readonly Connection[]>;
  /** Makes the kernel of one router equal to the store. */
  sync(router_id: string, options?: ChangeOptions): Promise<Changed<Synced>>;
}

export interface ListedRouters {
  readonly routers: readonly RouterSummary[];
  /** Why some routers could not be read. */
  readonly failures: readonly Error[];
}

/** Routers of the node. */
export interface Routers {
  list(requester?: Requester): Promise<ListedRouters>;
  show(router_id: string, requester?: Requester): Promise<RouterDetails>;
}

/** What a project may have of something, -1 for any number, and how much it has. */
export interface QuotaLine {
  readonly limit: number;
  readonly in_use: number;
}

export interface QuotaView {
  readonly project_id: string;
  /** It has no quota of its own. */
  readonly is_default: boolean;
  readonly mappings: QuotaLine;
  /** Mappings on one router; in use is what it has on the router where it has most. */
  readonly ports_per_router: QuotaLine;
}

/**
 * Quotas of projects. Each method throws INVALID_INPUT and PROJECT_NOT_FOUND for a project that does not exist for the requester,
 * and QUOTAS_DAMAGED.
 */
export interface Quotas {
  list(requester?: Requester): Promise<readonly QuotaView[]>;
  show(project_id: string, requester?: Requester): Promise<QuotaView>;
  /** Gives the project a quota of its own; what is left out stays as it was. */
  set(project_id: string, quota: OwnQuota, requester?: Requester): Promise<QuotaView>;
  /** Gives it the default again. */
  reset(project_id: string, requester?: Requester): Promise<QuotaView>;
}
