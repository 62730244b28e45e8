import { Flags } from '@oclif/core';
import { parseInput } from '../../core/values/input.ts';
import { PROTOCOLS } from '../../pat/mapping/mapping.ts';
import { MappingRequest } from '../../pat/mapping/request.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import {
  allowFlag,
  anyRouterFlag,
  dryRunFlag,
  expiresFlag,
  forceFlag,
  ipv4Flag,
  masqueradeFlag,
  outputFlags,
  portFlag,
} from '../flags.ts';
import { MappingCommand, type Preview } from '../mapping-command.ts';
import { EXPIRY_FORMS } from '../output/expiry.ts';

export default class PatCreate extends MappingCommand {
  static override summary = "publish a port of a server on its router's gateway address";
  static override description =
    'Returns when the rule is in the kernel, or says why it is not. Without --router-port the next free port of ' +
    'router_port_range is taken; TCP and UDP on the same port are two mappings.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --server web --port 22',
    '<%= config.bin %> <%= command.id %> --router edge --server web --port 443 --os-cloud demo --url https://node:3000',
    '<%= config.bin %> <%= command.id %> --router qrouter-6f1c0d5e-93a5-4b6e-8f0a-1f5a4be0c1de --server-ip 10.20.0.51 --port 22',
    '<%= config.bin %> <%= command.id %> -r edge --server-ip 10.20.0.51 --port 53 --protocol udp --router-port 4053 --name dns --allow 198.51.100.0/24 --allow 192.0.2.7 --expires 8h',
    '<%= config.bin %> <%= command.id %> -r edge --server-ip 10.20.0.51 --port 80 -f value -c "Router Port"',
  ];
  static override flags = {
    router: anyRouterFlag({ env: 'PRAAS_ROUTER' }),
    server: Flags.string({
      char: 's',
      description: 'server behind the router: its name or ID in OpenStack',
      helpValue: 'SERVER',
    }),
    'port-id': Flags.string({ description: 'Neutron port of the server, where it has several', helpValue: 'UUID' }),
    'server-ip': ipv4Flag({ description: 'address of the server behind the router, where it has several or no name' }),
    port: portFlag({ char: 'p', required: true, description: 'port of the server' }),
    protocol: Flags.option({ options: PROTOCOLS, default: 'tcp', description: 'protocol of the port' })(),
    'router-port': portFlag({ description: 'port on the gateway address (default: the next free one)' }),
    gateway: ipv4Flag({ description: "address to publish on (default: the router's gateway address)" }),
    name: Flags.string({ description: 'a name for people (default: none)' }),
    description: Flags.string({ description: 'what it is for (default: nothing said)' }),
    allow: allowFlag(),
    expires: expiresFlag({ description: `when the mapping ends: ${EXPIRY_FORMS} (default: never)` }),
    masquerade: masqueradeFlag(),
    disable: Flags.boolean({ description: 'store it, but do not publish it yet' }),
    'open-security-group': Flags.boolean({
      description: 'add what is missing to a security group of the server; it goes with the mapping',
    }),
    'dry-run': dryRunFlag,
    force: forceFlag,
    ...outputFlags,
  };

  async run(): Promise<MappingView | Preview> {
    const { flags } = await this.parse(PatCreate);
    if ([flags.server, flags['port-id'], flags['server-ip']].every((each) => each === undefined))
      this.misuse('Name the server: --server, --port-id or --server-ip');
    const request = parseInput(MappingRequest, {
      ...flags.router,
      ...(flags.server !== undefined && { server: flags.server }),
      ...(flags['port-id'] !== undefined && { port_id: flags['port-id'] }),
      ...(flags['server-ip'] !== undefined && { server_ip: flags['server-ip'] }),
      ...(flags['open-security-group'] && { open_security_group: true }),
      server_port: flags.port,
      protocol: flags.protocol,
      enabled: !flags.disable,
      ...(flags['router-port'] !== undefined && { router_port: flags['router-port'] }),
      ...(flags.gateway !== undefined && { gateway_ip: flags.gateway }),
      ...(flags.name !== undefined && { name: flags.name }),
      ...(flags.description !== undefined && { description: flags.description }),
      ...(flags.allow !== undefined && { allowed_cidrs: flags.allow }),
      ...(flags.expires !== undefined && { expires_at: flags.expires.at }),
      ...(flags.masquerade !== undefined && { masquerade: flags.masquerade }),
    });
    return this.change(flags, (pat, options) => pat.create(request, options));
  }
}
