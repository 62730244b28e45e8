/** The sentences of warnings about servers and their security groups. Pure. */
import { list } from '../../core/errors/entry.ts';
import { type MissingAccess, missingText } from './security.ts';

/** Of a mapping whose server address no Neutron port has. */
export function addressWarning(serverIp: string): string {
  return `${serverIp} is not the address of a Neutron port on a network of the router: the mapping does not follow the server if its address changes`;
}

/** Takes the names of the security groups and the packets that they drop. */
export function droppedWarning(groups: readonly string[], missing: readonly MissingAccess[]): string {
  const dropped = missing.map(missingText).join(' and ');
  return (
    `the security groups of the server (${list(groups)}) drop ${dropped}: no ingress rule matches; ` +
    'add an ingress rule, or create the mapping again with --open-security-group'
  );
}

/** Takes why OpenStack did not list the security groups. */
export function uncheckedWarning(reason: string): string {
  return `cannot check the security groups of the server: ${reason}`;
}

/** Takes why the rules of a mapping are not what it needs; `ruleIds` are those that are known. */
export function groupWarning(mappingId: string, ruleIds: readonly string[], reason: string): string {
  const rules = ruleIds.length === 0 ? '' : ` (its rules: ${list(ruleIds)})`;
  return `the security group does not follow mapping ${mappingId} yet${rules}: ${reason}; a running PAT agent tries again`;
}
