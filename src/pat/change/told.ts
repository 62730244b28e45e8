/**
 * What the answer to a change tells its requester. The state of a router is that of all projects on it: its warnings, and the
 * parts of a script about other mappings, are for those who see all. Pure.
 */
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import type { RouterView } from '../interfaces/agent.ts';

/** The warnings about the router. */
export function toldWarnings(view: RouterView | undefined, requester: Requester = ROOT): readonly string[] {
  return requester.seesAll ? (view?.warnings ?? []).map(({ text }) => text) : [];
}

/** A script for the kernel; for a requester of one project the lines that name one of these mappings, which are its own. */
export function toldScript(script: string, ids: readonly string[], requester: Requester = ROOT): string {
  if (requester.seesAll) return script;
  const lines = script.split('\n').filter((line) => ids.some((id) => line.includes(id)));
  return lines.map((line) => `${line}\n`).join('');
}
