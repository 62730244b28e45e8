/**
 * The environment of the programs that praas runs. Most run as root, and `su` keeps the caller's variables: nothing in them may
 * decide which code runs. Pure.
 */
import { delimiter } from 'node:path';

/** By these a linker, a shell, an interpreter or iptables loads code, or finds what to run. */
const LOADING = /^(?:LD_|PYTHON|PERL|BASH_|XTABLES_|IPROUTE2?_|NODE_)|^(?:ENV|IFS|SHELLOPTS|PATH|GCONV_PATH)$/;

/** Takes the environment of this process and the directories of the programs. */
export function programEnvironment(env: NodeJS.ProcessEnv, directories: readonly string[]): NodeJS.ProcessEnv {
  const harmless = Object.entries(env).filter(([name]) => !LOADING.test(name));
  return { ...Object.fromEntries(harmless), PATH: directories.join(delimiter) };
}
