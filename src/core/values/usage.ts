/** How much of something limited is in use. Pure. */

export interface Usage {
  readonly used: number;
  /** 0 where there is no limit. */
  readonly limit: number;
}

/** `high` needs attention; `critical` is full, or will be at the next peak. */
type UsageLevel = 'ok' | 'high' | 'critical';

const HIGH_PERCENT = 80;
const CRITICAL_PERCENT = 95;

/** The part that is in use, in whole percent, rounded down; 0 where there is no limit. */
export function percentOf({ used, limit }: Usage): number {
  return limit === 0 ? 0 : Math.floor((used / limit) * 100);
}

export function levelOf(usage: Usage): UsageLevel {
  const percent = percentOf(usage);
  if (percent >= CRITICAL_PERCENT) return 'critical';
  return percent >= HIGH_PERCENT ? 'high' : 'ok';
}

/** As people read it, such as `250000 of 262144 entries (95 %)`. */
export function usageText({ used, limit }: Usage, unit: string): string {
  return limit === 0 ? `${used} ${unit}, no limit` : `${used} of ${limit} ${unit} (${percentOf({ used, limit })} %)`;
}
