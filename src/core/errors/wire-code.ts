/** Codes of errors as the API writes them: `praas.body-too-large` for BODY_TOO_LARGE. */
const PREFIX = 'praas.';

/** Takes the code of a catalogue, gives it as the API writes it. */
export function wireCode(code: string): string {
  return `${PREFIX}${code.toLowerCase().replaceAll('_', '-')}`;
}

/** Takes a code as the API writes it, gives that of a catalogue; undefined for one that is not of praas. */
export function codeOfWire(wire: string): string | undefined {
  return wire.startsWith(PREFIX) ? wire.slice(PREFIX.length).replaceAll('-', '_').toUpperCase() : undefined;
}
