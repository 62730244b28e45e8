/** The routers on this node: whether their rules match the store, and what else needs the attention of an operator. */

import { isPraasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Usage } from '../../core/values/usage.ts';
import type { RouterDetails } from '../../pat/router/view.ts';
import type { RouterWarning } from '../../pat/router/warning.ts';
import { judgeConnectionTable } from './kernel.ts';
import { failed, type Judgement, ok, skipped, warning } from './report.ts';
import { type DoctorCheck, judgeError } from './run-checks.ts';

/** What a check of a mapping says of one hop: `failed`, or anything less certain. */
interface PathProblem {
  readonly verdict: string;
  readonly detail: string;
  readonly next_step: string;
}

/** What is known of a router beside what `praas router show` gives. */
interface RouterEvidence {
  /** How many unmanaged rules in its chains can be imported. */
  readonly importable: number;
  /** Its tables of iptables-legacy, and those of iptables-nft and nft. */
  readonly tables: { readonly legacy: readonly string[]; readonly nft: readonly string[] };
  /** Undefined where the kernel tracks no connections. */
  readonly connectionTable: Usage | undefined;
  readonly warnings: readonly RouterWarning[];
  /** What stops packets in it, or may: hops of `praas pat check` that are not ok. */
  readonly path: readonly PathProblem[];
  /** A standby HA instance: its gateway address is on another node. */
  readonly isStandby: boolean;
}

interface RouterCheckParts {
  readonly list: () => Promise<readonly string[]>;
  /** Why there are none although mappings are stored. */
  readonly noRoutersReason: () => Promise<Error | undefined>;
  /** Errors about routers with mappings that are not on this node, and whose rules are. */
  readonly misplaced: () => Promise<readonly Error[]>;
  readonly show: (routerId: string) => Promise<RouterDetails>;
  readonly evidence: (routerId: string) => Promise<RouterEvidence>;
}

export function routersCheck(parts: RouterCheckParts): DoctorCheck {
  return {
    group: 'routers',
    name: 'routers',
    needsRoot: true,
    async run() {
      const routerIds = await parts.list();
      const judgements = (await parts.misplaced()).map((error) => judgeError('routers', error));
      if (routerIds.length === 0 && judgements.length === 0) return [judgeNoRouters(await parts.noRoutersReason())];
      // One at a time: there may be hundreds, and their agent is working.
      for (const routerId of routerIds) judgements.push(...(await judgementsOf(routerId, parts)));
      return judgements.length === 0 ? [ok('routers', `${routerIds.length} routers match the store`)] : judgements;
    },
  };
}

async function judgementsOf(routerId: string, { show, evidence }: RouterCheckParts): Promise<readonly Judgement[]> {
  try {
    const [details, found] = await Promise.all([show(routerId), evidence(routerId)]);
    return judgeRouter(details, found);
  } catch (error) {
    return judgeUnread(routerId, error);
  }
}

/** Takes why there is no router. Without namespaces there is none right after a boot; without their directory praas sees nothing. */
export function judgeNoRouters(reason: Error | undefined): Judgement {
  if (reason === undefined) return skipped('routers', 'none on this node');
  if (!isPraasError(reason) || reason.code !== 'ROUTER_NOT_FOUND') return judgeError('routers', reason);
  return warning('routers', reason.message, reason.nextSteps.join(' '));
}

/** A router that cannot be read may have open ports that should be closed. One that has just been deleted has none. */
export function judgeUnread(routerId: string, error: unknown): readonly Judgement[] {
  if (!isPraasError(error)) {
    return [warning(routerId, `cannot be checked: ${messageOf(error)}`, `Run \`praas router show ${routerId}\`.`)];
  }
  if (error.code === 'ROUTER_NOT_FOUND') return [];
  return [failed(routerId, `cannot be checked: ${error.message}`, error.nextSteps.join(' '))];
}

/** Gives only what is not ok. */
export function judgeRouter(details: RouterDetails, evidence: RouterEvidence): readonly Judgement[] {
  const { router_id: routerId, gateway_ips, mappings, drift, namespace } = details;
  const judgements: Judgement[] = [...judgeVariants(routerId, evidence)];
  if (mappings > 0 && gateway_ips.length === 0 && !evidence.isStandby) {
    const command = `openstack router set --external-gateway NETWORK ${routerId}`;
    const nextStep = `Set an external gateway on the router: \`${command}\`.`;
    judgements.push(warning(routerId, `${mappings} mappings, but no gateway address`, nextStep));
  }
  const show = `Run \`praas router show ${routerId}\`.`;
  for (const { verdict, detail, next_step } of evidence.path) {
    judgements.push(verdict === 'failed' ? failed(routerId, detail, next_step) : warning(routerId, detail, show));
  }
  const { missing, unexpected } = drift;
  if (missing.length + unexpected.length > 0) {
    const detail = `rules differ from the store: ${missing.length} missing, ${unexpected.length} unexpected`;
    judgements.push(warning(routerId, detail, `Run \`praas router sync ${routerId}\`.`));
  }
  if (evidence.importable > 0) {
    const detail = `${evidence.importable} unmanaged DNAT rules in custom-PREROUTING`;
    judgements.push(warning(routerId, detail, 'Run `praas pat import --dry-run` to see which can be imported.'));
  }
  const list = `ip netns exec ${namespace} conntrack -L`;
  const table = judgeConnectionTable(routerId, evidence.connectionTable, list);
  const isTableOk = table.verdict === 'ok' || table.verdict === 'skipped';
  return isTableOk ? judgements : [...judgements, { ...table, detail: `connection table ${table.detail}` }];
}

/** The warning about both variants of iptables does not name the tables. */
function judgeVariants(routerId: string, { tables, warnings }: RouterEvidence): readonly Judgement[] {
  const both = tables.legacy.filter((table) => tables.nft.includes(table));
  const others = warnings.filter(({ code }) => both.length === 0 || code !== 'BOTH_IPTABLES_VARIANTS');
  const shown = others.map(({ text }) => warning(routerId, text, `Run \`praas router show ${routerId}\`.`));
  if (both.length === 0) return shown;
  const nextStep =
    'Use one variant for all programs that write rules (`update-alternatives --config iptables`), then restart the L3 agent.';
  const detail = `rules of iptables-legacy and of iptables-nft in the same tables (${both.join(', ')})`;
  return [warning(routerId, detail, nextStep), ...shown];
}
