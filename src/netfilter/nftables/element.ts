/** One of our rules ↔ one element of a map or set. Pure. */
import { commentOf } from '../comment.ts';
import type { Rule } from '../rules.ts';
import { ALLOWED, MASQUERADED, OPEN, TABLE } from './layout.ts';
import { MARKS, scopeChain } from './marks.ts';

/** `add element ip praas open { tcp . 203.0.113.10 . 4022 comment "praas:…" : 10.20.0.51 . 22 }` */
export function additionOf(rule: Rule): string {
  const comment = `comment "${commentOf(rule.mapping_id)}"`;
  return `add element ${TABLE} ${containerOf(rule)} { ${keyOf(rule)} ${comment}${valueOf(rule)} }`;
}

/** `delete element ip praas open { tcp . 203.0.113.10 . 4022 }`: the key alone names an element. */
export function removalOf(rule: Rule): string {
  return `delete element ${TABLE} ${containerOf(rule)} { ${keyOf(rule)} }`;
}

function valueOf(rule: Rule): string {
  if (rule.kind === 'masquerade') return '';
  return rule.kind === 'mark' ? ` : goto ${scopeChain(rule.mark)}` : ` : ${rule.server_ip} . ${rule.server_port}`;
}

function containerOf(rule: Rule): string {
  if (rule.kind === 'masquerade') return MASQUERADED;
  if (rule.kind === 'mark') return MARKS;
  return rule.source === undefined ? OPEN : ALLOWED;
}

function keyOf(rule: Rule): string {
  const source = rule.kind === 'translate' && rule.source !== undefined ? [rule.source] : [];
  return [rule.protocol, rule.gateway_ip, rule.router_port, ...source].join(' . ');
}
