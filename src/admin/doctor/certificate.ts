/** Whether the certificate of the API is valid, and for how long. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { failed, type Judgement, ok, skipped, warning } from './report.ts';
import { type DoctorCheck, judgeError } from './run-checks.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;
const NAME = 'API certificate';

/** `path` is empty where the API uses plain HTTP. `read` gives the text of a file. */
export function certificateCheck(path: string, read: (path: string) => Promise<string>, clock: Clock): DoctorCheck {
  return {
    group: 'configuration',
    name: NAME,
    async run() {
      if (path === '') return [skipped(NAME, 'TLS is not configured (tls_cert)')];
      try {
        return [judgeCertificate(new X509Certificate(await read(path)), clock.now())];
      } catch (error) {
        return [judgeError(NAME, error)];
      }
    },
  };
}

export function judgeCertificate(
  { subject, validFrom, validTo }: Pick<X509Certificate, 'subject' | 'validFrom' | 'validTo'>,
  now: Date,
): Judgement {
  const days = Math.floor((Date.parse(validTo) - now.getTime()) / DAY_MS);
  const name = subject.replaceAll('\n', ', ');
  const renew = 'Renew it, then run `systemctl reload praas-pat-agent`.';
  if (Date.parse(validFrom) > now.getTime()) {
    const nextStep =
      'Check the clock of this node, or install a certificate that is already valid and run `systemctl reload praas-pat-agent`.';
    return failed(NAME, `${name}: not valid before ${validFrom}`, nextStep);
  }
  if (days < 0) return failed(NAME, `${name}: expired on ${validTo}`, renew);
  if (days < SOON_DAYS) return warning(NAME, `${name}: expires on ${validTo}`, renew);
  return ok(NAME, `${name}: valid until ${validTo}`);
}
