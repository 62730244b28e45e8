/** Mappings of a remote PAT agent. Values and errors are those of PatService. */

import type { ApiClient } from '../../core/client/api-client.ts';
import type { NewId } from '../../core/ids.ts';
import type { Changed, ChangeOptions, Synced } from '../change/change.ts';
import { praasError } from '../errors.ts';
import type { MappingPatch } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import type { DeletedMappings, MappingFilter, MappingList, Pat } from '../services/api.ts';
import {
  ConnectionsDocument,
  DeletedDocument,
  MappingDocument,
  MappingListDocument,
  SyncedDocument,
} from './documents.ts';

const MAPPINGS = '/v1/mappings';
/** Keeps a request below the body limit and the timeout of the API. */
const MAX_DELETIONS_PER_REQUEST = 5000;
/** Keeps a URL short. */
const MAX_RELATED_PER_REQUEST = 100;
/** The length of a UUID. */
const MAX_ID_LENGTH = 36;

export class RemotePat implements Pat {
  readonly #api: ApiClient;
  readonly #newId: NewId;

  /** `newId` generates the idempotency keys. */
  constructor(api: ApiClient, newId: NewId) {
    this.#api = api;
    this.#newId = newId;
  }

  async create(input: MappingRequest, options: SentOptions = {}): Promise<Changed<MappingView>> {
    const { mapping, ...rest } = await this.#api.request(MappingDocument, {
      method: 'POST',
      path: withOptions(MAPPINGS, options),
      body: { mapping: input },
      idempotencyKey: this.#newId(),
    });
    return changed(mapping, rest);
  }

  async update(id: string, patch: MappingPatch, options: SentOptions = {}): Promise<Changed<MappingView>> {
    const { mapping, ...rest } = await this.#api.request(MappingDocument, {
      method: 'PATCH',
      path: withOptions(pathOf(id), options),
      body: { mapping: patch },
    });
    return changed(mapping, rest);
  }

  /** Resolves the IDs of one request before it deletes anything. A later request that fails is in `failures`. */
  async delete(ids: readonly string[], options: SentOptions = {}): Promise<DeletedMappings> {
    for (const id of ids) requireIdPrefix(id);
    const deleted: DeletedMappings[] = [];
    const failures: Error[] = [];
    for (let start = 0; start < ids.length; start += MAX_DELETIONS_PER_REQUEST) {
      try {
        deleted.push(await this.#deleteChunk(ids.slice(start, start + MAX_DELETIONS_PER_REQUEST), options));
      } catch (error) {
        if (deleted.length === 0 || !(error instanceof Error)) throw error;
        failures.push(error);
        break;
      }
    }
    return {
      value: deleted.flatMap(({ value }) => value),
      warnings: deleted.flatMap(({ warnings }) => warnings),
      script: options.dryRun ? deleted.flatMap(({ script }) => script || []).join('\n') : undefined,
      failures: [...deleted.flatMap((each) => each.failures), ...failures],
    };
  }

  /** Sends several requests where there are many related IDs. */
  async list({ related_to, ...filter }: MappingFilter = {}): Promise<MappingList> {
    if (related_to === undefined) return this.#listChunk({ ...filter }, []);
    const chunks: MappingList[] = [];
    for (let start = 0; start < related_to.length; start += MAX_RELATED_PER_REQUEST) {
      const ids = related_to.slice(start, start + MAX_RELATED_PER_REQUEST);
      chunks.push(await this.#listChunk({ ...filter }, ids));
    }
    const byId = chunks.flatMap(({ mappings }) => mappings.map((mapping) => [mapping.id, mapping] as const));
    return { mappings: [...new Map(byId).values()], failures: chunks.flatMap(({ failures }) => failures) };
  }

  async #listChunk(filter: Readonly<Record<string, string>>, relatedTo: readonly string[]): Promise<MappingList> {
    const query = new URLSearchParams([
      ...Object.entries(filter),
      ...relatedTo.map((id): [string, string] => ['related_to', id]),
    ]);
    const path = query.size === 0 ? MAPPINGS : `${MAPPINGS}?${query.toString()}`;
    const { mappings, failures } = await this.#api.request(MappingListDocument, { method: 'GET', path });
    return { mappings, failures: failures.map((item) => this.#api.errorOf(item)) };
  }

  async get(id: string): Promise<MappingView> {
    const { mapping } = await this.#api.request(MappingDocument, { method: 'GET', path: pathOf(id) });
    return mapping;
  }

  async connections(id: string): Promise<readonly Connection[]> {
    const path = `${pathOf(id)}/connections`;
    const { connections } = await this.#api.request(ConnectionsDocument, { method: 'GET', path });
    return connections;
  }

  async sync(routerId: string, options: SentOptions = {}): Promise<Changed<Synced>> {
    const path = withOptions(`/v1/routers/${encodeURIComponent(routerId)}/sync`, options);
    const { sync, ...rest } = await this.#api.request(SyncedDocument, { method: 'POST', path });
    return changed(sync, rest);
  }

  async #deleteChunk(ids: readonly string[], options: SentOptions): Promise<DeletedMappings> {
    const request = { method: 'POST', path: withOptions(`${MAPPINGS}/delete`, options), body: { ids } } as const;
    const { mappings, failures, ...rest } = await this.#api.request(DeletedDocument, request);
    return {
      ...changed(mappings, rest),
      failures: failures.map((item) => this.#api.errorOf(item)),
    };
  }
}

/** The fields of a response to a change beside the resource. */
interface ChangeNotes {
  readonly warnings: readonly string[];
  readonly script?: string | undefined;
}

function changed<T>(value: T, { warnings, script }: ChangeNotes): Changed<T> {
  return { value, warnings, script };
}

function pathOf(id: string): string {
  requireIdPrefix(id);
  return `${MAPPINGS}/${encodeURIComponent(id)}`;
}

/** Throws MAPPING_NOT_FOUND for text that cannot be an ID prefix, and would change the path of the request. */
function requireIdPrefix(id: string): void {
  if (id === '' || id.length > MAX_ID_LENGTH || id.startsWith('.')) throw praasError('MAPPING_NOT_FOUND', { id });
}

/** The others are those of the daemon: it knows the requester by the token or the socket. */
export type SentOptions = Pick<ChangeOptions, 'force' | 'dryRun'>;

/** Gives the path with the query of the options that are set. */
export function withOptions(path: string, { dryRun, force }: SentOptions): string {
  return withQuery(path, { ...(dryRun && { dry_run: 'true' }), ...(force && { force: 'true' }) });
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
