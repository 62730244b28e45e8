/** Where the executable begins. Only the parts of package.json that oclif needs are embedded. */
import { dirname } from 'node:path';
import manifest from '../oclif.manifest.json' with { type: 'json' };
import pjson from '../package.json' with { type: 'json' };
import { main } from './main.ts';

const { name, oclif, version } = pjson;
void main({ name, oclif, version } as never, manifest as never, dirname(process.execPath));
