/** What iptables and nft say when they refuse → one error of the catalogue, with the line they refused. */
import { type PraasError, praasError } from '../pat/errors.ts';
import { type ExecResult, toolMissing } from '../system/exec.ts';

/** `line 3 failed`, `Error occurred at line: 3`, `/dev/stdin:3:1-20: Error:`. */
const LINE = /(?:line:? |\/dev\/stdin:)(\d+)/;
const NO_RIGHTS = /you must be root|Operation not permitted/;
const MOST_LINES = 5;

export interface Attempt {
  readonly router: string;
  readonly tool: string;
  readonly script: string;
}

/** Takes a failed run and what was tried, gives NOT_PERMITTED or KERNEL_REFUSED. */
export function refusal(result: ExecResult, attempt: Attempt): PraasError | Error {
  const { router, tool, script } = attempt;
  if (result.exitCode === 127) return toolMissing(tool);
  if (NO_RIGHTS.test(result.stderr)) return praasError('NOT_PERMITTED', { what: `${tool} in ${router}` }, result);
  const number = Number(LINE.exec(result.stderr)?.[1] ?? 0);
  const refused = script.split('\n')[number - 1];
  return praasError(
    'KERNEL_REFUSED',
    {
      router,
      line: refused === undefined ? '' : `line ${number}: ${refused}`,
      output: result.stderr.trim().split('\n').slice(0, MOST_LINES).join('\n  '),
    },
    result,
  );
}
