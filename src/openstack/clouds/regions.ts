/** Which region of a cloud is used, and what clouds.yaml sets for it alone. Pure. */
import { isObject } from '../../core/values/json.ts';
import type { RawCloud } from './variables.ts';

interface Region {
  readonly name: string;
  /** Keys of a cloud, which apply in this region. */
  readonly values: RawCloud;
}

/** Takes `regions` or `region_name` of a cloud as written; undefined for a region that is neither a name nor a map with one. */
export function regionsOf(written: unknown): readonly Region[] | undefined {
  const list = Array.isArray(written) ? (written as unknown[]) : typeof written === 'string' ? written.split(',') : [];
  const regions = list.map(regionOf);
  return regions.some((region) => region === undefined) ? undefined : (regions as readonly Region[]);
}

function regionOf(written: unknown): Region | undefined {
  if (!isObject(written)) return typeof written === 'string' ? { name: written, values: {} } : undefined;
  const { name, values, ...others } = written;
  if (typeof name !== 'string' || Object.keys(others).length > 0) return undefined;
  if (values === undefined || values === null) return { name, values: {} };
  return isObject(values) ? { name, values } : undefined;
}

/** Gives the region of that name, the first one without a name; undefined where the cloud lists others only. */
export function regionNamed(regions: readonly Region[], name: string | undefined): Region | undefined {
  const fallback: Region = { name: name ?? '', values: {} };
  if (name === undefined) return regions[0] ?? fallback;
  return regions.length === 0 ? fallback : regions.find((region) => region.name === name);
}
