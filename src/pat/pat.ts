/** What praas can be asked, whoever answers: this process on its own node, or a daemon over its socket or HTTP. */
import type { Mapping, MappingPatch } from './mapping.ts';
import type { OwnQuota } from './quota.ts';
import type { RouterDetails, RouterSummary } from './router-service.ts';
import type { Viewer } from './targets.ts';
import type { Wanted } from './wanted.ts';

export interface ChangeOptions {
  /** Passes the checks that may be wrong about this router. */
  readonly force?: boolean;
  /** Decides and shows, changes nothing. */
  readonly dry_run?: boolean;
}

export interface Changed<T> {
  readonly value: T;
  /** What an operator should know although it worked. */
  readonly warnings: readonly string[];
  /** With dry_run: what would be handed to the kernel; empty when its rules would stay as they are. */
  readonly script: string | undefined;
}

export interface Deleted extends Changed<readonly MappingView[]> {
  /** Why the mappings of some routers stayed. */
  readonly failures: readonly Error[];
}

/**
 * What the rules of a mapping have seen. NAT rules see the first packet of each connection, so `packets` counts
 * connections, and `bytes` those first packets.
 */
export interface Counters {
  readonly packets: number;
  readonly bytes: number;
  /** RFC 3339; null when nobody has come since the daemon watches. As exact as the daemon's looks are frequent. */
  readonly last_hit_at: string | null;
}

/** A mapping as people see it. `counters` are null where no daemon watches, and while nothing is known yet. */
export type MappingView = Mapping & { readonly counters: Counters | null };

export interface MappingFilter {
  readonly router_id?: string;
  readonly server_ip?: string;
  readonly status?: string;
}

export interface Listed {
  readonly mappings: readonly MappingView[];
  /** Routers whose records could not be read. */
  readonly failures: readonly Error[];
}

/** One connection through a mapping, as the kernel's connection table has it. */
export interface Connection {
  readonly protocol: string;
  readonly source_ip: string;
  readonly source_port: number;
  readonly server_ip: string;
  readonly server_port: number;
  /** The kernel's word, such as ESTABLISHED; null for UDP. */
  readonly state: string | null;
}

export interface Synced {
  /** Mappings put into the kernel, and taken out of it. */
  readonly added: number;
  readonly removed: number;
  /** Mappings that followed the router's gateway to another address. */
  readonly moved: number;
}

/** Mappings. Every method throws errors of the catalogue; after one, nothing has changed. */
export interface Pat {
  /** Publishes a port. */
  create(input: Wanted, options?: ChangeOptions): Promise<Changed<MappingView>>;
  /** Publishes several ports of one router, all or none. */
  createMany(inputs: readonly Wanted[], options?: ChangeOptions): Promise<Changed<readonly MappingView[]>>;
  /** Changes one mapping, by its whole ID or an unambiguous beginning. */
  update(id: string, patch: MappingPatch, options?: ChangeOptions): Promise<Changed<MappingView>>;
  /** Removes mappings, each by its whole ID or an unambiguous beginning; those of one router together or not at all. */
  delete(ids: readonly string[], options?: ChangeOptions): Promise<Deleted>;
  list(filter?: MappingFilter): Promise<Listed>;
  /** One mapping, by its whole ID or an unambiguous beginning. */
  get(id: string): Promise<MappingView>;
  /** Connections through the mapping at this moment. */
  connections(id: string): Promise<readonly Connection[]>;
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
  list(viewer?: Viewer): Promise<ListedRouters>;
  show(router_id: string, viewer?: Viewer): Promise<RouterDetails>;
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
 * Quotas of projects. Each method throws INVALID_INPUT and PROJECT_NOT_FOUND for a project that is not there for the viewer,
 * and QUOTAS_DAMAGED.
 */
export interface Quotas {
  list(viewer?: Viewer): Promise<readonly QuotaView[]>;
  show(project_id: string, viewer?: Viewer): Promise<QuotaView>;
  /** Gives the project a quota of its own; what is left out stays as it was. */
  set(project_id: string, quota: OwnQuota, viewer?: Viewer): Promise<QuotaView>;
  /** Gives it the default again. */
  reset(project_id: string, viewer?: Viewer): Promise<QuotaView>;
}
