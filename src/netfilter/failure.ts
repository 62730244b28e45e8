/** How iptables, nft and other programs fail → one error of the catalogue, with the line that was refused. */
import { type PraasError, praasError } from '../pat/errors.ts';
import type { ExecResult } from '../system/exec.ts';
import { COMMAND_NOT_FOUND, toolMissing } from '../system/tool-errors.ts';

/** `line 3 failed`, `Error occurred at line: 3`, `/dev/stdin:3:1-20: Error:`. */
const LINE = /(?:line:? |\/dev\/stdin:)(\d+)/;
const NOT_PERMITTED = /you must be root|Operation not permitted/;
const MAX_LINES = 5;

/** What was tried: the tool, and the script that it was given (left out when it only reads). */
interface Attempt {
  readonly router: string;
  readonly tool: string;
  readonly script?: string;
}

/**
 * Takes a failed run of iptables or nft and what was tried, gives TOOL_MISSING, NOT_PERMITTED,
 * KERNEL_UNREADABLE or KERNEL_REFUSED.
 */
export function refusal(result: ExecResult, attempt: Attempt): PraasError | Error {
  const { router, tool, script } = attempt;
  if (result.exitCode === COMMAND_NOT_FOUND) return toolMissing(tool);
  if (NOT_PERMITTED.test(result.stderr)) return praasError('NOT_PERMITTED', { what: `${tool} in ${router}` }, result);
  const reason = result.stderr.trim() || `exit code ${result.exitCode}`;
  const output = reason.split('\n').slice(0, MAX_LINES).join('\n  ');
  if (script === undefined) return praasError('KERNEL_UNREADABLE', { router, output }, result);
  const number = Number(LINE.exec(result.stderr)?.[1] ?? 0);
  const refused = script.split('\n')[number - 1];
  return praasError(
    'KERNEL_REFUSED',
    {
      router,
      line: refused === undefined ? '' : `line ${number}: ${refused}`,
      output,
    },
    result,
  );
}
