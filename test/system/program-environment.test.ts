import { expect, test } from '@jest/globals';
import { programEnvironment } from '../../src/system/program-environment.ts';

test('programs are searched in the given directories only, whatever the caller has', () => {
  expect(programEnvironment({ PATH: '/home/x/bin', HOME: '/root' }, ['/usr/sbin', '/usr/bin'])).toEqual({
    HOME: '/root',
    PATH: '/usr/sbin:/usr/bin',
  });
  expect(programEnvironment({}, ['/usr/bin'])).toEqual({ PATH: '/usr/bin' });
});

test.each([
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PERL5LIB',
  'BASH_ENV',
  'ENV',
  'IFS',
  'XTABLES_LIBDIR',
])('%s is not passed on', (name) => {
  expect(programEnvironment({ [name]: '/home/x', NOTIFY_SOCKET: '/run/n', ENVIRONMENT: 'x' }, [])).toEqual({
    NOTIFY_SOCKET: '/run/n',
    ENVIRONMENT: 'x',
    PATH: '',
  });
});
