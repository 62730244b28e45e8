/** Text that is HTML. Whatever is put into it from outside is escaped; only what was made here goes in as it is. */
export class Html {
  readonly text: string;

  /** Takes text that is HTML already. */
  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | readonly Content[];

/** A template whose values are escaped, unless they are Html themselves; lists are put one after another. */
export function html(texts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(texts.map((text, index) => text + rendered(values[index] ?? '')).join(''));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function rendered(value: Content): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(rendered).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
