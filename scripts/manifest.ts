// Writes oclif.manifest.json from the compiled commands: what `oclif manifest` does, without the oclif package.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { type CommandEntry, usageOf } from './commands.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const plugin = new Plugin({
  root,
  type: 'core',
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
const { commands } = plugin.manifest;
for (const command of Object.values(commands)) command.usage = usageOf(command as unknown as CommandEntry);
await writeFile(`${root}/oclif.manifest.json`, `${JSON.stringify(plugin.manifest, null, 2)}\n`);
