/** The certificate of the API: valid now, and for a while yet. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Check } from './examine.ts';
import { failed } from './examine.ts';
import { type Judgement, ok, skipped, warning, wrong } from './report.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;
const NAME = 'certificate of the API';

/** `path` is empty where the API speaks HTTP. */
export function certificateCheck(path: string, read: (path: string) => Promise<string>, clock: Clock): Check {
  return {
    group: 'configuration',
    name: NAME,
    async run() {
      if (path === '') return [skipped(NAME, 'none is configured (tls_cert)')];
      try {
        return [judgeCertificate(new X509Certificate(await read(path)), clock.now())];
      } catch (error) {
        return [failed(NAME, error)];
      }
    },
  };
}

export function judgeCertificate(
  { subject, validFrom, validTo }: Pick<X509Certificate, 'subject' | 'validFrom' | 'validTo'>,
  now: Date,
): Judgement {
  const days = Math.floor((Date.parse(validTo) - now.getTime()) / DAY_MS);
  const whose = subject.replaceAll('\n', ', ');
  const renew = 'Renew it, then `systemctl reload praas-pat-agent`.';
  if (Date.parse(validFrom) > now.getTime()) return wrong(NAME, `${whose}: valid from ${validFrom} on`, renew);
  if (days < 0) return wrong(NAME, `${whose}: it ended ${validTo}`, renew);
  if (days < SOON_DAYS) return warning(NAME, `${whose}: it ends ${validTo}`, renew);
  return ok(NAME, `${whose}: until ${validTo}`);
}
