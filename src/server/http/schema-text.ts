/** JSON Schemas in words, for /docs. */
import { type Content, type Html, html } from './html.ts';

/** As much of JSON Schema as our document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** What a reference to a component is called. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** What a value may be; objects of the document are links to where the page describes them. */
export function typeOf(schema: Schema): Content {
  const { $ref, type = 'anything', items, anyOf, format } = schema;
  if ($ref !== undefined) return objectLink(nameOf($ref));
  if (anyOf !== undefined) return joined(anyOf.map(typeOf), ' or ');
  if (schema.enum !== undefined) return joined(schema.enum.map(valueText), ' | ');
  if (schema.const !== undefined) return valueText(schema.const);
  if (items !== undefined) return html`list of ${typeOf(items)}`;
  const name = typeof type === 'string' ? type : type.join(' or ');
  return format === undefined ? name : `${name}, ${format}`;
}

/** What else has to be so; empty when nothing has. A pattern says no more than the format does where there is one. */
export function constraintsOf(schema: Schema): string {
  const inner = (schema.anyOf ?? []).map(constraintsOf);
  const { pattern, format, default: fallback } = schema;
  const texts = [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, 'characters'),
    range(schema.minItems, schema.maxItems, 'items'),
    range(schema.minProperties, schema.maxProperties, 'fields'),
    pattern === undefined || format !== undefined ? '' : `matches ${pattern}`,
    fallback === undefined ? '' : `default ${JSON.stringify(fallback)}`,
  ];
  return [...inner, ...texts].filter((text) => text !== '').join('; ');
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return '';
  const text =
    most === undefined ? `at least ${least}` : least === undefined ? `at most ${most}` : `${least} to ${most}`;
  return unit === '' ? text : `${text} ${unit}`;
}

function objectLink(name: string): Html {
  return html`<a href="#object-${name}">${name}</a>`;
}

function valueText(value: unknown): Html {
  return html`<code>${String(value)}</code>`;
}

function joined(parts: readonly Content[], between: string): Content[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [between, part]));
}
