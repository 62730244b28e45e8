/** Rules of others that a daemon takes over. */
import type { Changed, ChangeOptions } from '../change/change.ts';
import type { ImportedRule } from '../import/import.ts';
import type { Imports } from '../services/import-service.ts';
import { ImportedDocument } from './answers.ts';
import type { ApiClient } from './api-client.ts';
import { withOptions } from './remote-pat.ts';

export class RemoteImports implements Imports {
  readonly #daemon: ApiClient;

  constructor(daemon: ApiClient) {
    this.#daemon = daemon;
  }

  async takeOver(router_id: string, options: ChangeOptions = {}): Promise<Changed<readonly ImportedRule[]>> {
    const path = withOptions(`/v1/routers/${encodeURIComponent(router_id)}/import`, options);
    const { import: imported, warnings, script } = await this.#daemon.ask(ImportedDocument, { method: 'POST', path });
    return { value: imported.rules, warnings, script };
  }
}
