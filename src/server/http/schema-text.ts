/** JSON Schemas as text, for /docs. */
import { type Content, type Html, html } from './html.ts';

/** The part of JSON Schema that the document uses. */
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

/** The name of the component that a reference points to. */
export function componentName(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** The type of a value. An object of the document becomes a link to its description on the page. */
export function typeText(schema: Schema): Content {
  const { $ref, type = 'any', items, anyOf, format } = schema;
  if ($ref !== undefined) return objectLink(componentName($ref));
  if (anyOf !== undefined) return joined(anyOf.map(typeText), ' or ');
  if (schema.enum !== undefined) return joined(schema.enum.map(valueText), ' | ');
  if (schema.const !== undefined) return valueText(schema.const);
  if (items !== undefined) return html`list of ${typeText(items)}`;
  const name = typeof type === 'string' ? type : type.join(' or ');
  return format === undefined ? name : `${name}, ${format}`;
}

/** The other constraints on a value; empty without any. A pattern is left out where the format already names it. */
export function constraintsText(schema: Schema): string {
  const inner = (schema.anyOf ?? []).map(constraintsText);
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

function range(min: number | undefined, max: number | undefined, unit: string): string {
  if (min === undefined && max === undefined) return '';
  const text = max === undefined ? `at least ${min}` : min === undefined ? `at most ${max}` : `${min} to ${max}`;
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
