import { Flags } from '@oclif/core';
import { parseInput } from '../../core/values/input.ts';
import { MappingPatch } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import {
  allowFlag,
  dryRunFlag,
  expiresFlag,
  forceFlag,
  ipv4Flag,
  mappingArg,
  masqueradeFlag,
  outputFlags,
  portFlag,
} from '../flags.ts';
import { MappingCommand, type Preview } from '../mapping-command.ts';

export default class PatUpdate extends MappingCommand {
  static override summary = 'change a mapping';
  static override description =
    'What is not named stays as it is. Connections that the mapping carried end when it is moved, narrowed or disabled; ' +
    'those it still allows go on.';
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
    'server-ip': ipv4Flag({ description: 'new address of the server' }),
    port: portFlag({ char: 'p', description: 'new port of the server' }),
    name: Flags.string({ description: 'new name' }),
    description: Flags.string({ description: 'new description' }),
    allow: allowFlag({ description: 'replaces the networks that may use it; repeat it for several' }),
    'clear-allow': Flags.boolean({ description: 'let everybody use it', exclusive: ['allow'] }),
    expires: expiresFlag(),
    masquerade: masqueradeFlag({ description: "whether the server sees the router's address instead of the caller's" }),
    enable: Flags.boolean({ description: 'publish it again', exclusive: ['disable'] }),
    disable: Flags.boolean({ description: 'keep it, but close the port' }),
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
    if (Object.keys(given).length === 0) this.misuse('Nothing to change was given.');
    const patch = parseInput(MappingPatch, given);
    return this.change(flags, (pat, options) => pat.update(args.id, patch, options));
  }
}
