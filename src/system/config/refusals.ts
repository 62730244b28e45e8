/** Errors about sections and keys of praas.conf: each says what was found, and what was probably meant. */
import { type PraasError, praasError } from '../../core/errors/errors.ts';
import { type DeclaredKey, declaredKeys, namesOf, type Sections } from '../../core/settings/sections.ts';
import { nearest } from '../../core/values/nearest.ts';
import type { Written } from './written.ts';

const NOT_A_NAME = '(not shown: not a name)';

/** Gives CONFIG_SYNTAX for a section that there is not, with the nearest one or else all. */
export function unknownSection(where: string, name: string, sections: Sections): PraasError {
  const names = Object.keys(sections);
  const meant = nearest(name, names);
  return praasError('CONFIG_SYNTAX', {
    where,
    found: `unknown section ${isName(name) ? bracketed(name) : NOT_A_NAME}`,
    ...(meant === undefined ? { allowed: names.map(bracketed).join(', ') } : { nearest: bracketed(meant) }),
  });
}

/**
 * Gives CONFIG_SYNTAX for a key that its section does not have, and for one before any section. It names the section that
 * the key belongs to, else the nearest key of its section, else all of them.
 */
export function misplacedKey(
  where: string,
  { section, name }: { readonly section: string | undefined; readonly name: string },
  sections: Sections,
): PraasError {
  const place = section === undefined ? 'before any section' : `in ${bracketed(section)}`;
  const keys = declaredKeys(sections);
  const homes = keys.filter((each) => namesOf(each).includes(name)).map((each) => bracketed(each.section));
  if (homes.length > 0) {
    return praasError('CONFIG_SYNTAX', { where, found: `key ${name} ${place}`, belongs_to: homes.join(' or ') });
  }
  const common = { where, found: `unknown key ${isName(name) ? name : NOT_A_NAME} ${place}` };
  if (section === undefined) {
    return praasError('CONFIG_SYNTAX', {
      ...common,
      allowed: `keys below ${Object.keys(sections).map(bracketed).join(', ')}`,
    });
  }
  const own = keys.filter((each) => each.section === section);
  const meant = nearestKey(name, own);
  const allowed = own.map((each) => each.name).join(', ');
  return praasError('CONFIG_SYNTAX', { ...common, ...(meant === undefined ? { allowed } : { nearest: meant }) });
}

/** Gives CONFIG_SYNTAX for a key that an earlier line sets, by the same name or by the other one. */
export function duplicateKey(where: string, asked: string, { name }: DeclaredKey, earlier: Written): PraasError {
  const alias = asked === name ? '' : `, the old name of ${name}`;
  const other = earlier.oldName === undefined || earlier.oldName === asked ? '' : ` as ${earlier.oldName}`;
  return praasError('CONFIG_SYNTAX', {
    where,
    found: `duplicate key ${asked}${alias} (line ${earlier.line} sets it${other})`,
    allowed: 'each key once',
  });
}

/** The present name of the key that is called almost so, now or before. */
function nearestKey(text: string, keys: readonly DeclaredKey[]): string | undefined {
  const meant = nearest(text, keys.flatMap(namesOf));
  return meant && keys.find((key) => namesOf(key).includes(meant))?.name;
}

/** Other text in the place of a name may be the rest of a value that contains a password, so it is not quoted. */
function isName(text: string): boolean {
  return /^[\w.-]{0,80}$/.test(text);
}

function bracketed(name: string): string {
  return `[${name}]`;
}
