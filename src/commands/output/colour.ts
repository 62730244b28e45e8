/** Colours only on a terminal, and not where NO_COLOR (no-color.org) or a dumb terminal says otherwise. */
import { styleText } from 'node:util';

type Name = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

/** Gives the text in that colour for `stream`, or as it is. `styleText` asks the stream and the environment itself. */
export function colour(name: Name, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return styleText(name, text, { stream, validateStream: true });
}
