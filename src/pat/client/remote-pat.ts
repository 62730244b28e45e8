/** Mappings, changed and read by a daemon. Values and errors are those of the service itself. */
import type { NewId } from '../../core/ids.ts';
import type { Changed, ChangeOptions, Synced } from '../change/change.ts';
import { praasError } from '../errors.ts';
import type { MappingPatch } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import type { Deleted, Listed, MappingFilter, Pat } from '../services/api.ts';
import {
  ConnectionsDocument,
  DeletedDocument,
  MappingDocument,
  MappingListDocument,
  SyncedDocument,
} from './answers.ts';
import type { ApiClient } from './api-client.ts';
import { errorOf } from './errors.ts';

const MAPPINGS = '/v1/mappings';
/** So many mappings are withdrawn with one request: it stays far below what a daemon reads and within its time. */
const AT_ONCE = 5000;
/** A whole ID. */
const LONGEST_ID = 36;
const RELATED_AT_ONCE = 100;

export class RemotePat implements Pat {
  readonly #daemon: ApiClient;
  readonly #newId: NewId;

  /** `new_id` makes the keys by which the daemon knows a request that it got before. */
  constructor(daemon: ApiClient, newId: NewId) {
    this.#daemon = daemon;
    this.#newId = newId;
  }

  async create(input: MappingRequest, options: ChangeOptions = {}): Promise<Changed<MappingView>> {
    const { mapping, ...rest } = await this.#daemon.ask(MappingDocument, this.#creation({ mapping: input }, options));
    return changed(mapping, rest);
  }

  async update(id: string, patch: MappingPatch, options: ChangeOptions = {}): Promise<Changed<MappingView>> {
    const { mapping, ...rest } = await this.#daemon.ask(MappingDocument, {
      method: 'PATCH',
      path: withOptions(pathOf(id), options),
      body: { mapping: patch },
    });
    return changed(mapping, rest);
  }

  /** IDs are checked before anything is removed as far as they go with one request; what fails later is a failure beside. */
  async delete(ids: readonly string[], options: ChangeOptions = {}): Promise<Deleted> {
    for (const id of ids) checkId(id);
    const done: Deleted[] = [];
    const failures: Error[] = [];
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      try {
        done.push(await this.#deleteSome(ids.slice(start, start + AT_ONCE), options));
      } catch (error) {
        if (done.length === 0 || !(error instanceof Error)) throw error;
        failures.push(error);
        break;
      }
    }
    return {
      value: done.flatMap(({ value }) => value),
      warnings: done.flatMap(({ warnings }) => warnings),
      script: options.dryRun ? done.flatMap(({ script }) => script || []).join('\n') : undefined,
      failures: [...done.flatMap((each) => each.failures), ...failures],
    };
  }

  /** One request for each so many related IDs: an address has to stay short. */
  async list({ related_to, ...filter }: MappingFilter = {}): Promise<Listed> {
    if (related_to === undefined) return this.#listSome({ ...filter }, []);
    const parts: Listed[] = [];
    for (let start = 0; start < related_to.length; start += RELATED_AT_ONCE) {
      parts.push(await this.#listSome({ ...filter }, related_to.slice(start, start + RELATED_AT_ONCE)));
    }
    const found = parts.flatMap(({ mappings }) => mappings.map((mapping) => [mapping.id, mapping] as const));
    return { mappings: [...new Map(found).values()], failures: parts.flatMap(({ failures }) => failures) };
  }

  async #listSome(filter: Readonly<Record<string, string>>, related_to: readonly string[]): Promise<Listed> {
    const query = new URLSearchParams([
      ...Object.entries(filter),
      ...related_to.map((id): [string, string] => ['related_to', id]),
    ]);
    const path = query.size === 0 ? MAPPINGS : `${MAPPINGS}?${query.toString()}`;
    const { mappings, failures } = await this.#daemon.ask(MappingListDocument, { method: 'GET', path });
    return { mappings, failures: failures.map((problem) => errorOf(problem, this.#daemon.name)) };
  }

  async get(id: string): Promise<MappingView> {
    const { mapping } = await this.#daemon.ask(MappingDocument, { method: 'GET', path: pathOf(id) });
    return mapping;
  }

  async connections(id: string): Promise<readonly Connection[]> {
    const path = `${pathOf(id)}/connections`;
    const { connections } = await this.#daemon.ask(ConnectionsDocument, { method: 'GET', path });
    return connections;
  }

  async sync(router_id: string, options: ChangeOptions = {}): Promise<Changed<Synced>> {
    const path = withOptions(`/v1/routers/${encodeURIComponent(router_id)}/sync`, options);
    const { sync, ...rest } = await this.#daemon.ask(SyncedDocument, { method: 'POST', path });
    return changed(sync, rest);
  }

  #creation(body: object, options: ChangeOptions) {
    const path = withOptions(MAPPINGS, options);
    return { method: 'POST', path, body, idempotencyKey: this.#newId() } as const;
  }

  async #deleteSome(ids: readonly string[], options: ChangeOptions): Promise<Deleted> {
    const ask = { method: 'POST', path: withOptions(`${MAPPINGS}/delete`, options), body: { ids } } as const;
    const { mappings, failures, ...rest } = await this.#daemon.ask(DeletedDocument, ask);
    return {
      ...changed(mappings, rest),
      failures: failures.map((problem) => errorOf(problem, this.#daemon.name)),
    };
  }
}

interface Told {
  readonly warnings: readonly string[];
  readonly script?: string | undefined;
}

function changed<T>(value: T, { warnings, script }: Told): Changed<T> {
  return { value, warnings, script };
}

function pathOf(id: string): string {
  checkId(id);
  return `${MAPPINGS}/${encodeURIComponent(id)}`;
}

/** What cannot be the beginning of an ID would lead to another place. */
function checkId(id: string): void {
  if (id === '' || id.length > LONGEST_ID || id.startsWith('.')) throw praasError('MAPPING_NOT_FOUND', { id });
}

/** The path with what of the options is not as by default. */
export function withOptions(path: string, { dryRun, force }: ChangeOptions): string {
  return withQuery(path, { ...(dryRun && { dry_run: 'true' }), ...(force && { force: 'true' }) });
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
