/**
 * What the answer to a change tells its requester. The state of a router is that of all projects on it: its warnings, and the
 * parts of a script about other mappings, are for those who see all. Pure.
 */
import type { Requester } from '../../core/identity/requester.ts';
import { isPraasError } from '../errors.ts';
import type { RouterView } from '../interfaces/agent.ts';
import { endpointKey } from '../mapping/forward.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { OpenEndpoint } from '../plan/still-open.ts';

/** The warnings about the router; of one that is not on this node, that there is no namespace at all. */
export function toldWarnings(view: RouterView | Error, requester: Requester): readonly string[] {
  if (!requester.seesAll) return [];
  if (!(view instanceof Error)) return view.warnings.map(({ text }) => text);
  if (!isPraasError(view, 'ROUTER_NOT_FOUND') || view.facts.directory === undefined) return [];
  return [`${view.message}: rules of mappings are not seen. ${view.nextSteps.join(' ')}`];
}

/** That ports are not closed: those of these mappings, as they were. Other ports, and the rules, are for those who see all. */
export function openWarnings(
  stillOpen: readonly OpenEndpoint[],
  before: readonly (Mapping | undefined)[],
  requester: Requester,
): readonly string[] {
  const own = new Set(before.flatMap((mapping) => (mapping ? [endpointKey(mapping)] : [])));
  return stillOpen
    .filter((endpoint) => requester.seesAll || own.has(endpointKey(endpoint)))
    .map((endpoint) => {
      const rule = requester.seesAll ? `: ${endpoint.rule}` : '';
      return `${endpointKey(endpoint)} may still be open: a rule of another program translates it${rule}`;
    });
}

/** A script for the kernel; for a requester of one project the lines that name one of these mappings, which are its own. */
export function toldScript(script: string, ids: readonly string[], requester: Requester): string {
  if (requester.seesAll) return script;
  const lines = script.split('\n').filter((line) => ids.some((id) => line.includes(id)));
  return lines.map((line) => `${line}\n`).join('');
}
