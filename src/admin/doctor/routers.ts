import { messageOf } from '../../core/errors/message-of.ts';
import type { RouterDetails } from '../../pat/router/view.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, skipped, warning } from './report.ts';

export interface RouterChecksParts {
  readonly list: () => Promise<readonly string[]>;
  readonly show: (router_id: string) => Promise<RouterDetails>;
  /** How many rules of others in its chains a mapping could say. */
  readonly importable: (router_id: string) => Promise<number>;
  /** Tables of iptables-legacy and of iptables-nft in its namespace. */
  readonly tables: (
    router_id: string,
  ) => Promise<{ readonly legacy: readonly string[]; readonly nft: readonly string[] }>;
}

export function routersCheck(parts: RouterChecksParts): Check {
  return {
    group: 'routers',
    name: 'routers',
    needsRoot: true,
    async run() {
      const routerIds = await parts.list();
      if (routerIds.length === 0) return [skipped('routers', 'there is none on this node')];
      const judgements: Judgement[] = [];
      // One after the other: there may be hundreds, and their agent is at work.
      for (const router_id of routerIds) judgements.push(...(await judgementsOn(router_id, parts)));
      const isWell = judgements.length === 0;
      return isWell ? [ok('routers', `${routerIds.length} routers, as stored`)] : judgements;
    },
  };
}

async function judgementsOn(router_id: string, parts: RouterChecksParts): Promise<readonly Judgement[]> {
  try {
    const [details, importable, tables] = await Promise.all([
      parts.show(router_id),
      parts.importable(router_id),
      parts.tables(router_id),
    ]);
    return judgeRouter(details, importable, tables);
  } catch (error) {
    const detail = messageOf(error);
    return [warning(router_id, `it could not be looked at: ${detail}`, `Look at \`praas router show ${router_id}\`.`)];
  }
}

export function judgeRouter(
  { router_id, gateway_ips, mappings, drift, warnings }: RouterDetails,
  importable: number,
  { legacy, nft }: Awaited<ReturnType<RouterChecksParts['tables']>>,
): readonly Judgement[] {
  const found: Judgement[] = [];
  const both = legacy.filter((table) => nft.includes(table));
  if (both.length > 0) {
    const next_step =
      'Use one of them: `update-alternatives --config iptables` on all who write rules, then restart the L3 agent.';
    const detail = `rules of iptables-legacy and iptables-nft side by side (${both.join(', ')}); neither sees the other's`;
    found.push(warning(router_id, detail, next_step));
  }
  if (mappings > 0 && gateway_ips.length === 0) {
    found.push(
      warning(router_id, `${mappings} mappings, and no gateway address`, 'Give the router a gateway, or delete them.'),
    );
  }
  const { missing, unexpected } = drift;
  if (missing.length + unexpected.length > 0) {
    const detail = `${missing.length} rules are missing and ${unexpected.length} should not be there`;
    found.push(warning(router_id, detail, `Run \`praas router sync ${router_id}\`.`));
  }
  if (importable > 0) {
    const detail = `${importable} rules of others in custom-PREROUTING, which nobody looks after`;
    found.push(warning(router_id, detail, 'Look at `praas pat import --dry-run`; it makes mappings of them.'));
  }
  const others = warnings.filter((text) => both.length === 0 || !text.includes('iptables-legacy'));
  return [...found, ...others.map((text) => warning(router_id, text, `Look at \`praas router show ${router_id}\`.`))];
}
