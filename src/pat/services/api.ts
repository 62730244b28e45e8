/** The services of published ports, the same for this node and for a remote PAT agent over its socket or HTTP. */
import type { Requester } from '../../core/identity/requester.ts';
import type { Changed, ChangeOptions, Synced } from '../change/change.ts';
import type { Checks } from '../check/service.ts';
import type { Correction, CorrectionResult } from '../follow/correction.ts';
import type { ImportedRule } from '../import/result.ts';
import type { Events } from '../interfaces/events.ts';
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
 * Mappings. Every method throws errors of the catalogue; after an error nothing has changed. A mapping that the requester does not see
 * gives MAPPING_NOT_FOUND.
 */
export interface Pat {
  /** Publishes a port. */
  create(request: MappingRequest, options: ChangeOptions): Promise<Changed<MappingView>>;
  /** Updates one mapping, by its ID or an unambiguous ID prefix. */
  update(id: string, patch: MappingPatch, options: ChangeOptions): Promise<Changed<MappingView>>;
  /** Deletes mappings, by their IDs or unambiguous ID prefixes. Those of one router are deleted all or none. */
  delete(ids: readonly string[], options: ChangeOptions): Promise<DeletedMappings>;
  list(filter: MappingFilter, requester: Requester): Promise<MappingList>;
  /** Gives one mapping, by its ID or an unambiguous ID prefix. */
  get(id: string, requester: Requester): Promise<MappingView>;
  /** Gives the open connections of one mapping. */
  connections(id: string, requester: Requester): Promise<readonly Connection[]>;
  /** Reconciles one router: makes its kernel rules equal to the store. */
  sync(routerId: string, options: ChangeOptions): Promise<Changed<Synced>>;
}

/** Mappings in their natural order, of which each is made when it is taken. */
export interface MappingPages extends Iterable<MappingView> {
  /** Why the records of some routers could not be read. */
  readonly failures: readonly Error[];
  get(id: string): MappingView | undefined;
  /** Gives those after this one. */
  after(mapping: MappingView): Iterable<MappingView>;
}

/** The mappings of this node, of which the API creates several in one change, and shows some. */
export interface NodePat extends Pat {
  /** As `list`, for one that takes a page of them. */
  pages(filter: MappingFilter, requester: Requester): Promise<MappingPages>;
  /**
   * Creates all of them or none. `ids` are used instead of generated ones. Throws as create does, MAPPING_EXISTS where a mapping
   * has one of the IDs, and INVALID_INPUT for no request or for requests of several routers.
   */
  createMany(
    requests: readonly MappingRequest[],
    options: ChangeOptions,
    ids?: readonly string[],
  ): Promise<Changed<readonly MappingView[]>>;
}

export interface RouterList {
  readonly routers: readonly RouterSummary[];
  /** Why some routers could not be read. */
  readonly failures: readonly Error[];
}

/** The routers of the node. */
export interface Routers {
  list(requester: Requester): Promise<RouterList>;
  show(routerId: string, requester: Requester): Promise<RouterDetails>;
}

/** The routers of this node, which the API takes by name. */
export interface NodeRouters extends Routers {
  /** Gives the ID of the router with that name in OpenStack; anything else is given back as an ID. */
  idOf(reference: string, requester: Requester): string;
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
 * Quotas of projects. Each method throws PROJECT_NOT_FOUND for a project that the requester does not see, and QUOTAS_DAMAGED.
 */
export interface Quotas {
  list(requester: Requester): Promise<readonly QuotaView[]>;
  show(projectId: string, requester: Requester): Promise<QuotaView>;
  /** Sets the quota of a project. A limit that is left out keeps its value. */
  set(projectId: string, quota: OwnQuota, requester: Requester): Promise<QuotaView>;
  /** Resets the quota of a project to the default. */
  reset(projectId: string, requester: Requester): Promise<QuotaView>;
}

/** Imports of unmanaged rules as mappings. */
export interface Imports {
  /**
   * Gives what becomes of each unmanaged rule in the chains that praas shares with other programs. Connections are not
   * interrupted. Throws ROUTER_NOT_FOUND, UNKNOWN_RULES, IMPORT_UNFINISHED, and as the agent does.
   */
  importRules(routerId: string, options: ChangeOptions): Promise<Changed<readonly ImportedRule[]>>;
}

/** A router of the requester with an interface on the subnet of an address. */
export interface SubnetRouter {
  readonly router_id: string;
  readonly name: string;
  readonly gateway_ips: readonly string[];
}

/** One IPv4 address of a server. */
export interface ServerAddress {
  readonly server_ip: string;
  readonly port_id: string;
  readonly routers: readonly SubnetRouter[];
  readonly floating_ips: readonly string[];
}

export interface ServerSummary {
  readonly server_id: string;
  readonly name: string;
  readonly project_id: string;
  /** Nova's status, such as ACTIVE. */
  readonly status: string;
  readonly addresses: readonly ServerAddress[];
  /** The number of its mappings. */
  readonly mappings: number;
}

/** The servers that the requester sees. */
export interface Servers {
  /** Throws CLOUD_NOT_CONFIGURED and the errors of Cloud. */
  list(requester: Requester): Promise<readonly ServerSummary[]>;
}

/** Corrections of the monitor. */
export interface Corrections {
  /** Carries out all corrections of a router or none. A router that fails does not delay the others. */
  apply(corrections: readonly Correction[]): Promise<CorrectionResult>;
}

/** All services of published ports. */
export interface PatServices {
  readonly pat: Pat;
  readonly routers: Routers;
  readonly servers: Servers;
  readonly quotas: Quotas;
  readonly checks: Checks;
  readonly events: Events;
  readonly corrections: Corrections;
  readonly imports: Imports;
}
