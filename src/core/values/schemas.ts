/** Schemas of values that every product accepts: text, ports, addresses, networks. */
import * as z from 'zod';
import { canonicalCidrs, isCidr, isIpv4 } from './ipv4.ts';
import { UNSAFE } from './printable.ts';

const MAX_TEXT = 255;

const textOf = (allowed: RegExp): z.ZodString =>
  z
    .string('text')
    .max(MAX_TEXT, `text of at most ${MAX_TEXT} characters`)
    .refine((text) => text.isWellFormed(), 'text that is well-formed Unicode')
    .regex(allowed, 'text without control characters');

/** Text that was accepted once, by this version or one that let through more of what is not seen. */
export const StoredText = textOf(/^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]*$/u);

/**
 * Printable text, at the door: a control character in a name could rewrite the terminal on which it is listed, and one that is not seen
 * makes two names look the same.
 */
export const Text = textOf(new RegExp(`^[^${UNSAFE}]*$`, 'u'));

const A_PORT = 'a whole number from 1 to 65535';

export const Port = z.int(A_PORT).min(1, A_PORT).max(65535, A_PORT);

const AN_ADDRESS = 'an IPv4 address such as 10.20.0.51';

export const Ipv4 = z.string(AN_ADDRESS).refine(isIpv4, AN_ADDRESS);

export const A_NETWORK = 'an IPv4 address or network such as 198.51.100.0/24';

export const Cidrs = z
  .array(z.string(A_NETWORK).refine(isCidr, A_NETWORK), 'a list of networks')
  .max(256, 'a list of at most 256 networks')
  .transform(canonicalCidrs);
