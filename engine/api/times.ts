/** ISO 8601 in UTC; null when it has not happened. */
export const isoTime = (atMs: number | null): string | null =>
  atMs === null ? null : new Date(atMs).toISOString()

/** An ISO 8601 date or date-time; undefined when it is none. */
export function readTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) {
    return undefined
  }
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : atMs
}
