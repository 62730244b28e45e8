/** Files with secrets: who else may read them. */
import type { Check } from './examine.ts';
import { type Judgement, ok, warning } from './report.ts';

export interface Secret {
  /** What is in it. */
  readonly what: string;
  readonly path: string;
}

const OTHERS = 0o077;

/** `modeOf` gives the permission bits; undefined when there is no such file. */
export function secretsCheck(secrets: readonly Secret[], modeOf: (path: string) => Promise<number | undefined>): Check {
  return {
    group: 'configuration',
    name: 'files with secrets',
    needsRoot: true,
    async run() {
      const modes = await Promise.all(secrets.map(({ path }) => modeOf(path)));
      return secrets.flatMap((secret, index) => {
        const mode = modes[index];
        return mode === undefined ? [] : [judgeMode(secret, mode)];
      });
    },
  };
}

export function judgeMode({ what, path }: Secret, mode: number): Judgement {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  if ((mode & OTHERS) === 0) return ok(path, `${octal}, root's alone`);
  return warning(path, `${octal}: others than root may get at ${what}`, `Run \`chmod 600 ${path}\`.`);
}
