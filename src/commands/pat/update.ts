import { Flags } from '@oclif/core';
import { parseInput } from '../../core/values/input.ts';
import { MappingPatch } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { expiresFlag, ipv4Flag, outputFlags, portFlag } from '../flags.ts';
import { allowFlag, dryRunFlag, forceFlag, mappingArg, masqueradeFlag } from './flags.ts';
import { MappingCommand, type Preview } from './mapping-command.ts';

export default class PatUpdate extends MappingCommand {
  static override summary = 'update a mapping';
  static override description =
    'Only the named properties change. Connections that the changed mapping does not allow are ended; others continue.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 0b0e0a52 --router-port 4050',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 --allow 198.51.100.0/24 --expires 2030-01-31',
    '<%= config.bin %> <%= command.id %> 0b0e0a52 --disable',
  ];
  static override args = {
    id: mappingArg({ required: true }),
  };
  static override flags = {
    'router-port': portFlag({ description: 'new port on the gateway address' }),
    'server-ip': ipv4Flag({ description: 'new server address' }),
    port: portFlag({ char: 'p', description: 'new server port' }),
    name: Flags.string({ description: 'new display name' }),
    description: Flags.string({ description: 'new description' }),
    allow: allowFlag({
      description: 'allowed source IPv4 address or network; replaces the current list (repeatable)',
    }),
    'clear-allow': Flags.boolean({ description: 'allow any source', exclusive: ['allow'] }),
    expires: expiresFlag(),
    masquerade: masqueradeFlag(),
    enable: Flags.boolean({ description: 'publish the port', exclusive: ['disable'] }),
    disable: Flags.boolean({ description: 'close the port and keep the mapping' }),
    'dry-run': dryRunFlag,
    force: forceFlag,
    ...outputFlags,
  };

  async run(): Promise<MappingView | Preview> {
    const { args, flags } = await this.parse(PatUpdate);
    const given = {
      ...(flags['router-port'] !== undefined && { router_port: flags['router-port'] }),
      ...(flags['server-ip'] !== undefined && { server_ip: flags['server-ip'] }),
      ...(flags.port !== undefined && { server_port: flags.port }),
      ...(flags.name !== undefined && { name: flags.name }),
      ...(flags.description !== undefined && { description: flags.description }),
      ...(flags.allow !== undefined && { allowed_cidrs: flags.allow }),
      ...(flags['clear-allow'] && { allowed_cidrs: [] }),
      ...(flags.expires !== undefined && { expires_at: flags.expires.at }),
      ...(flags.masquerade !== undefined && { masquerade: flags.masquerade }),
      ...(flags.enable && { enabled: true }),
      ...(flags.disable && { enabled: false }),
    };
    if (Object.keys(given).length === 0) this.misuse('nothing to update: name at least one property');
    const patch = parseInput(MappingPatch, given);
    return this.change(flags, (pat, options) => pat.update(args.id, patch, options));
  }
}
