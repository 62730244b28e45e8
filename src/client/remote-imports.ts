/** Rules of others that a daemon takes over. */

import type { ImportedRule } from '../pat/import.ts';
import type { Imports } from '../pat/import-service.ts';
import type { Changed, ChangeOptions } from '../pat/pat.ts';
import { ImportedDocument } from './answers.ts';
import type { Daemon } from './daemon.ts';
import { withOptions } from './remote-pat.ts';

export class RemoteImports implements Imports {
  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async takeOver(router_id: string, options: ChangeOptions = {}): Promise<Changed<readonly ImportedRule[]>> {
    const path = withOptions(`/v1/routers/${encodeURIComponent(router_id)}/import`, options);
    const { import: imported, warnings, script } = await this.#daemon.ask(ImportedDocument, { method: 'POST', path });
    return { value: imported.rules, warnings, script };
  }
}
