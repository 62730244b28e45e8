/** The programs that praas calls: there, and new enough. */
import type { Exec } from '../../system/exec.ts';
import type { Check } from './examine.ts';
import { type Judgement, ok, warning, wrong } from './report.ts';

export interface ToolParts {
  readonly exec: Exec;
  readonly tools: readonly string[];
  readonly isInstalled: (tool: string) => boolean;
  readonly packageOf: (tool: string) => string;
}

/** What README.md asks for; of other tools every version will do. */
const OLDEST: Readonly<Record<string, readonly number[]>> = { conntrack: [1, 4, 7], nft: [1, 0] };
/** How they are asked; others answer to `--version`. */
const ASKED: Readonly<Record<string, string>> = { ip: '-V' };

export function toolChecks({ exec, tools, isInstalled, packageOf }: ToolParts): readonly Check[] {
  return tools.map((tool) => ({
    group: 'tools',
    name: tool,
    async run() {
      if (!isInstalled(tool)) {
        return [wrong(tool, 'it is not installed', `Install the package ${packageOf(tool)}.`)];
      }
      const { stdout, stderr } = await exec({ file: tool, args: [ASKED[tool] ?? '--version'] });
      return [judgeVersion(tool, `${stdout}${stderr}`.split('\n')[0] ?? '', packageOf(tool))];
    },
  }));
}

/** `said` is the first line of what the tool says of its version. */
export function judgeVersion(tool: string, said: string, debianPackage: string): Judgement {
  const version = /\d+(?:\.\d+)+/.exec(said)?.[0];
  const oldest = OLDEST[tool];
  const variant = /\((nf_tables|legacy)\)/.exec(said)?.[0];
  const detail = [version ?? 'there', variant].filter(Boolean).join(' ');
  if (oldest === undefined) return ok(tool, detail);
  const needed = `${oldest.join('.')} or later is needed`;
  if (version === undefined)
    return warning(tool, `it does not say its version; ${needed}`, `Look at \`${tool} --version\`.`);
  if (isOlder(version.split('.').map(Number), oldest)) {
    return wrong(tool, `${version}; ${needed}`, `Upgrade the package ${debianPackage}.`);
  }
  return ok(tool, detail);
}

export function isOlder(version: readonly number[], oldest: readonly number[]): boolean {
  for (const [index, least] of oldest.entries()) {
    const part = version[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
