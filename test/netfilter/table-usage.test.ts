import { expect, test } from '@jest/globals';
import { readTableUsage } from '../../src/netfilter/conntrack.ts';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { systemTimers } from '../../src/system/clock.ts';
import type { ExecResult } from '../../src/system/exec.ts';

const MISSING = 'cat: /proc/sys/net/netfilter/nf_conntrack_count: No such file or directory\n';
const usageOf = (result: Partial<ExecResult>) =>
  readTableUsage(
    new Namespaces(async () => ({ exitCode: 0, stdout: '', stderr: '', ...result }), '/proc', systemTimers),
    'version',
  );

test('only settings that are not there mean that no connections are tracked', async () => {
  expect(await usageOf({ stdout: '7\n262144\n' })).toEqual({ used: 7, limit: 262_144 });
  expect(await usageOf({ exitCode: 1, stderr: MISSING })).toBeUndefined();
  for (const stderr of [
    '',
    'cat: nf_conntrack_count: Permission denied\n',
    `${MISSING}cat: nf_conntrack_max: Input/output error\n`,
  ])
    await expect(usageOf({ exitCode: 1, stderr })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  for (const stdout of ['', '7\n', 'x\n262144\n'])
    await expect(usageOf({ stdout })).rejects.toMatchObject({ code: 'TOOL_BAD_OUTPUT' });
});
