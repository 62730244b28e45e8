/** Imports of unmanaged rules by a remote PAT agent. */

import type { ApiClient } from '../../core/client/api-client.ts';
import type { Changed } from '../change/change.ts';
import type { ImportedRule } from '../import/result.ts';
import type { Imports } from '../services/api.ts';
import { ImportedDocument } from './documents.ts';
import { type SentOptions, withOptions } from './remote-pat.ts';

export class RemoteImports implements Imports {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async importRules(routerId: string, options: SentOptions = {}): Promise<Changed<readonly ImportedRule[]>> {
    const path = withOptions(`/v1/routers/${encodeURIComponent(routerId)}/import`, options);
    const { import: imported, warnings, script } = await this.#api.request(ImportedDocument, { method: 'POST', path });
    return { value: imported.rules, warnings, script };
  }
}
