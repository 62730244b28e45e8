/**
 * The sentences of warnings about servers and their security groups. They are for everybody, so an error in them is told without what is
 * the operator's. Pure.
 */
import { list, STRANGER } from '../../core/errors/entry.ts';
import type { PraasError } from '../errors.ts';
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
export function uncheckedWarning(error: PraasError): string {
  return `cannot check the security groups of the server: ${error.redacted(STRANGER).message}`;
}

/** Takes why the rules of a mapping are not what it needs; `ruleIds` are those that are known. */
export function groupWarning(mappingId: string, ruleIds: readonly string[], error: PraasError): string {
  const rules = ruleIds.length === 0 ? '' : ` (its rules: ${list(ruleIds)})`;
  return `the security group does not follow mapping ${mappingId} yet${rules}: ${error.redacted(STRANGER).message}; a running PAT agent tries again`;
}
