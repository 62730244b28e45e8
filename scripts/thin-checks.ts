/** Writes the checks of responses (src/thin/shape.ts) of zod's schemas: the text of one function for each schema. */
import * as z from 'zod';
import { Ipv4 } from '../src/core/values/schemas.ts';

type Schema = z.core.JSONSchema.JSONSchema;
type Node = z.core.JSONSchema._JSONSchema;

/** Of JSON Schema, what the checks hold, and what says nothing more about what JSON.parse gives. */
const KEYWORDS = new Set(
  (
    'type properties additionalProperties items anyOf enum pattern format maxLength minimum maximum ' +
    '$schema required propertyNames'
  ).split(' '),
);

const PRINTABLE_ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(index + 32)).join('');

/** Text of an expression that gives `value` as a schema has it, or refuses it. */
const TYPE_TESTS: Readonly<Record<string, (value: string) => string>> = {
  null: (value) => `${value}===null`,
  string: (value) => `typeof ${value}==='string'`,
  boolean: (value) => `typeof ${value}==='boolean'`,
  integer: (value) => `Number.isSafeInteger(${value})`,
  array: (value) => `Array.isArray(${value})`,
  object: (value) => `typeof ${value}==='object'&&${value}!==null&&!Array.isArray(${value})`,
};

/** Collects the functions that a check is made of. Equal ones are written once. */
export class Checks {
  readonly #names = new Map<string, string>();

  /** Gives the name of the check of that schema. Throws for a schema that says what no check can hold. */
  nameOf(schema: z.ZodType): string {
    return this.#check(
      z.toJSONSchema(schema, {
        io: 'input',
        override({ zodSchema, jsonSchema }) {
          if ((zodSchema as unknown) === Ipv4) jsonSchema.format = 'ipv4';
        },
      }),
    );
  }

  /** The text of all functions so far. They use `refuse` and `isIpv4`. */
  get text(): string {
    return [...this.#names].map(([value, name]) => `const ${name}=${value};`).join('\n');
  }

  #named(prefix: string, value: string): string {
    const name = this.#names.get(value) ?? `${prefix}${this.#names.size}`;
    this.#names.set(value, name);
    return name;
  }

  #check(node: Node): string {
    if (typeof node === 'boolean') throw new Error('the checks do not know a schema of all or nothing');
    const unknown = Object.keys(node).find((keyword) => !KEYWORDS.has(keyword));
    if (unknown !== undefined) throw new Error(`the checks do not know ${unknown} of JSON Schema`);
    const cases = (node.anyOf ?? [node].filter(({ type }) => type !== undefined)).flatMap((each) => this.#cases(each));
    if (cases.length === 0) return this.#named('check', '(v)=>v');
    return this.#named('check', `(v)=>${cases.map(({ test, value }) => `${test}?${value}`).join(':')}:refuse()`);
  }

  /** One for each type of the schema: when it applies, and the value then. */
  #cases(node: Node): readonly { readonly test: string; readonly value: string }[] {
    if (typeof node === 'boolean' || node.type === undefined) throw new Error('each part of a choice must have a type');
    return [node.type].flat().map((type) => {
      const test = TYPE_TESTS[type]?.('v');
      if (test === undefined) throw new Error(`the checks do not know the type ${type}`);
      return { test: [test, ...this.#tests(type, node)].join('&&'), value: this.#value(type, node) };
    });
  }

  #tests(type: string, node: Schema): readonly string[] {
    const { enum: values, pattern, format, maxLength, minimum, maximum, additionalProperties, properties = {} } = node;
    if (type === 'integer') return [`v>=${minimum ?? '-Infinity'}`, `v<=${maximum ?? 'Infinity'}`];
    if (type === 'object')
      return additionalProperties === false ? [`Object.keys(v).length===${Object.keys(properties).length}`] : [];
    if (type !== 'string') return [];
    return [
      ...(values ? [`(${values.map((each) => `v===${JSON.stringify(each)}`).join('||')})`] : []),
      ...(maxLength === undefined ? [] : [`v.length<=${maxLength}`]),
      ...(format === 'ipv4' ? ['isIpv4(v)'] : []),
      ...(pattern === undefined ? [] : [this.#patternTest(pattern)]),
    ];
  }

  /** Unicode's classes take a millisecond to load: a set of characters is tried without them first. */
  #patternTest(source: string): string {
    const test = `${this.#named('pattern', `new RegExp(${JSON.stringify(source)},'u')`)}.test(v)`;
    const isSet = /^\^\[\^(?:\\[pu]\{?\w+\}?)+\]\*\$$/.test(source) && new RegExp(source, 'u').test(PRINTABLE_ASCII);
    return isSet ? `(${this.#named('pattern', '/^[ -~]*$/')}.test(v)||${test})` : test;
  }

  #value(type: string, { items, properties, additionalProperties: others }: Schema): string {
    if (type === 'array') return `v.map(${this.#check((items ?? {}) as Node)})`;
    if (type !== 'object') return 'v';
    if (properties === undefined) {
      // zod passes over __proto__, and a plain object would take it for its prototype.
      const each = this.#check(typeof others === 'object' ? others : {});
      return `Object.hasOwn(v,'__proto__')?refuse():Object.fromEntries(Object.entries(v).map(([name,field])=>[name,${each}(field)]))`;
    }
    const fields = Object.entries(properties).map(([name, field]) => `${name}:${this.#field(name, field)}`);
    return `({${fields.join(',')}})`;
  }

  /** A check refuses undefined, but for one of anything. */
  #field(name: string, field: Node): string {
    const check = this.#check(field);
    const isAny = typeof field === 'object' && field.type === undefined && field.anyOf === undefined;
    return isAny ? `v.${name}===undefined?refuse():v.${name}` : `${check}(v.${name})`;
  }
}
