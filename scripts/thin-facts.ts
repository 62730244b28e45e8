/**
 * What the thin client knows of the commands, made of the manifest and of the schemas of the responses: options, variables and
 * shapes are written once, where the commands have them.
 */
import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import {
  EventListDocument,
  MappingDocument,
  MappingListDocument,
  RouterListDocument,
} from '../src/pat/client/documents.ts';
import { FORMS } from '../src/thin/forms.ts';
import type { PlainOption } from '../src/thin/words.ts';
import { Checks } from './thin-checks.ts';

/** The options that every form reads. */
const OUTPUT = ['config', 'json', 'format', 'column'];
/** The variable of --config is read with the rest of the configuration. */
const READ_VARIABLES = ['PRAAS_CONFIG'];
const RESPONSES: Readonly<Record<string, z.ZodType>> = {
  'pat:list': MappingListDocument,
  'pat:show': MappingDocument.pick({ mapping: true, warnings: true }),
  'router:list': RouterListDocument,
  events: EventListDocument,
};

interface ManifestFlag {
  readonly type: string;
  readonly char?: string;
  readonly env?: string;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
}

/**
 * The text of the module `FACTS`, of the type Facts (src/thin/client.ts), for a file in the root of the project. Throws where a
 * form names an option that its command does not have, or a schema says what no check can hold.
 */
export function thinFacts(): string {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
  const checks = new Checks();
  const facts = Object.keys(FORMS).map((id) => {
    const response = RESPONSES[id];
    if (response === undefined) throw new Error(`no response of ${id} is known`);
    const { flags } = commands[id];
    const { options, variables } = { options: optionsOf(id, flags), variables: variablesOf(flags) };
    return `${JSON.stringify(id)}:()=>({...${JSON.stringify({ options, variables })},check:${checks.nameOf(response)}})`;
  });
  return `import { isIpv4 } from './src/core/values/ipv4.ts';
import { refuse } from './src/thin/shape.ts';
${checks.text}
export const FACTS = { version: ${JSON.stringify(`${name}/${version}`)}, commands: { ${facts.join(',\n')} } };
`;
}

function optionsOf(id: string, flags: Readonly<Record<string, ManifestFlag>>): Readonly<Record<string, PlainOption>> {
  const names = [...Object.keys(FORMS[id]?.options ?? {}), ...OUTPUT];
  return Object.fromEntries(names.map((name) => [name, optionOf(`${id} --${name}`, flags[name])]));
}

function variablesOf(flags: Readonly<Record<string, ManifestFlag>>): readonly string[] {
  const all = Object.values(flags).map(({ env }) => env);
  return all.filter((env) => env !== undefined && !READ_VARIABLES.includes(env)) as string[];
}

function optionOf(where: string, flag: ManifestFlag | undefined): PlainOption {
  if (flag === undefined) throw new Error(`${where} is not in the manifest`);
  const { type, char, multiple = false, options } = flag;
  return {
    isSwitch: type === 'boolean',
    isRepeatable: multiple,
    ...(char !== undefined && { letter: char }),
    ...(options !== undefined && { values: options }),
  };
}
