/** Files with secrets: whether users other than root have access to them. */
import { type Judgement, ok, warning } from './report.ts';
import type { DoctorCheck } from './run-checks.ts';

export interface SecretFile {
  /** What the file contains, such as `the API tokens`. */
  readonly content: string;
  readonly path: string;
}

const OTHER_USERS = 0o077;

/** `modeOf` gives the permission bits of a file; undefined when there is no such file. */
export function secretsCheck(
  files: readonly SecretFile[],
  modeOf: (path: string) => Promise<number | undefined>,
): DoctorCheck {
  return {
    group: 'configuration',
    name: 'files with secrets',
    needsRoot: true,
    async run() {
      const modes = await Promise.all(files.map(({ path }) => modeOf(path)));
      return files.flatMap((file, index) => {
        const mode = modes[index];
        return mode === undefined ? [] : [judgeMode(file, mode)];
      });
    },
  };
}

/** True for the mode of a file to which others than its owner have access. */
export function isExposed(mode: number): boolean {
  return (mode & OTHER_USERS) !== 0;
}

export function judgeMode({ content, path }: SecretFile, mode: number): Judgement {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  if (!isExposed(mode)) return ok(path, `mode ${octal}: only root has access`);
  return warning(path, `mode ${octal}: other users have access to ${content}`, `Run \`chmod 600 ${path}\`.`);
}
