/** The programs that praas runs: installed, and recent enough. */
import type { Exec } from '../../system/exec.ts';
import { failed, type Judgement, ok, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

interface ToolCheckParts {
  readonly exec: Exec;
  readonly tools: readonly string[];
  readonly isInstalled: (tool: string) => boolean;
  readonly packageOf: (tool: string) => string;
}

/** What README.md requires; of other tools every version works. */
const MIN_VERSIONS: Readonly<Record<string, readonly number[]>> = { conntrack: [1, 4, 7], nft: [1, 0] };
/** The argument with which a tool prints its version, where that is not `--version`. */
const VERSION_ARGUMENTS: Readonly<Record<string, string>> = { ip: '-V' };

export function toolChecks({ exec, tools, isInstalled, packageOf }: ToolCheckParts): readonly DoctorCheck[] {
  return tools.map((tool) => ({
    group: 'tools',
    name: tool,
    async run() {
      if (!isInstalled(tool)) return [failed(tool, 'not installed', `Install the package ${packageOf(tool)}.`)];
      const { stdout, stderr } = await exec({ file: tool, args: [VERSION_ARGUMENTS[tool] ?? '--version'] });
      return [judgeVersion(tool, `${stdout}${stderr}`.split('\n')[0] ?? '', packageOf(tool))];
    },
  }));
}

/** `output` is the first line that the tool prints when it is asked for its version. */
export function judgeVersion(tool: string, output: string, debianPackage: string): Judgement {
  const version = /\d+(?:\.\d+)+/.exec(output)?.[0];
  const minimum = MIN_VERSIONS[tool];
  const variant = /\((nf_tables|legacy)\)/.exec(output)?.[0];
  const detail = [version ?? 'installed', variant].filter(Boolean).join(' ');
  if (minimum === undefined) return ok(tool, detail);
  const requirement = `${minimum.join('.')} or later is required`;
  if (version === undefined) {
    return warning(tool, `unknown version; ${requirement}`, `Check the version with \`${tool} --version\`.`);
  }
  if (isOlder(version.split('.').map(Number), minimum)) {
    return failed(tool, `${version}; ${requirement}`, `Upgrade the package ${debianPackage}.`);
  }
  return ok(tool, detail);
}

/** Whether a version is older than the minimum; parts that it does not have count as 0. */
export function isOlder(version: readonly number[], minimum: readonly number[]): boolean {
  for (const [index, least] of minimum.entries()) {
    const part = version[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
