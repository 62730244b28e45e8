/** Starts oclif from what the executable carries: nothing is looked up on disk. */
import { type Command, type Interfaces, Plugin } from '@oclif/core';
import { runCommandLine } from './commands/run.ts';
import { LOADERS } from './commands/table.ts';

type Manifest = Plugin['manifest'];

/** The root plugin, its manifest given, its commands loaded from the table. */
class BundledPlugin extends Plugin {
  constructor(pjson: Interfaces.PJSON, manifest: Manifest, root: string) {
    super({ root, pjson, isRoot: true, type: 'core' });
    Object.assign(this, {
      root,
      pjson,
      manifest,
      name: pjson.name,
      alias: pjson.name,
      version: pjson.version,
      type: 'core',
      moduleType: 'commonjs',
      isRoot: true,
      valid: true,
      hasManifest: true,
      hooks: {},
    });
    this.commandIDs = Object.keys(manifest.commands);
    this.commands = Object.entries(manifest.commands).map(([id, cached]) => ({
      ...cached,
      pluginAlias: this.alias,
      pluginType: 'core',
      load: () => this.findCommand(id, { must: true }),
    }));
  }

  override async load(): Promise<void> {}

  override findCommand(id: string, options: { must: true }): Promise<Command.Class>;
  override findCommand(id: string, options?: { must: boolean }): Promise<Command.Class | undefined>;
  override async findCommand(id: string, options: { must?: boolean } = {}): Promise<Command.Class | undefined> {
    const command = await LOADERS[id]?.();
    if (command === undefined) {
      if (options.must) throw new Error(`command ${id} is in the manifest and not in the table`);
      return undefined;
    }
    command.id = id;
    command.plugin = this;
    return command;
  }
}

/** Runs the command line of this process. */
export async function main(pjson: Interfaces.PJSON, manifest: Manifest, root: string): Promise<void> {
  const plugin = new BundledPlugin(pjson, manifest, root);
  await runCommandLine(process.argv.slice(2), { root, pjson, plugins: new Map([[plugin.name, plugin]]) });
}
