/** Text from outside that is shown in messages. */

const MAX_LENGTH = 200;
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\s]+/gu;

/** Gives the text on one line, at most 200 characters long, without control characters, which a terminal would act on. */
export function printable(text: string): string {
  const plain = text.replaceAll(UNPRINTABLE, ' ').trim();
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain;
}
