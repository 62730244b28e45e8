/** Text that is HTML. Values in a template are escaped, except for HTML that was made here. */
export class Html {
  readonly text: string;

  /** Takes text that is already HTML. */
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | readonly Content[];

/** A template whose values are escaped, unless they are Html themselves. The items of a list follow one another. */
export function html(texts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(texts.map((text, index) => text + render(values[index] ?? '')).join(''));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: Content): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
