import type { CachedPrompt, Validity } from './prompt-cache.ts'
import type { Answer } from './request.ts'

/** However long a server says that its answer stays good, or may serve while it is away (RFC 5861). */
const maxFreshMs = 3_600_000
const maxStaleMs = 86_400_000
const maxValidatorLength = 512

/** What asks a server whether a kept answer is still good. */
export function conditionsOf(known: CachedPrompt | undefined): Record<string, string> {
  if (known?.etag !== undefined) return { 'if-none-match': known.etag }
  const since = known?.lastModified
  return since === undefined ? {} : { 'if-modified-since': since }
}

export const validityOf = (answer: Answer, nowMs: number): Validity => ({
  etag: validator(answer.headers['etag']),
  lastModified: validator(answer.headers['last-modified']),
  ...termsOf(answer, nowMs),
})

const validator = (value: string | undefined): string | undefined =>
  value === undefined || value.length > maxValidatorLength ? undefined : value

/** RFC 9111 section 5.2.2 and RFC 5861 section 4, as far as they matter here. */
export function termsOf(answer: Answer, nowMs: number) {
  const control = answer.headers['cache-control'] ?? ''
  const isAsked = /\bno-(cache|store)\b/i.test(control)
  const freshMs = isAsked ? 0 : Math.min(maxFreshMs, secondsOf(control, 'max-age') * 1_000)
  const staleMs = Math.min(maxStaleMs, secondsOf(control, 'stale-if-error') * 1_000)
  return { freshUntilMs: nowMs + freshMs, staleUntilMs: nowMs + freshMs + staleMs }
}

const secondsOf = (control: string, name: string): number =>
  Number(new RegExp(`\\b${name}="?(\\d{1,9})`, 'i').exec(control)?.[1] ?? 0)

/** May it serve while the server can't be asked? */
export const serves = (known: CachedPrompt | undefined, nowMs: number): boolean =>
  known !== undefined && known.staleUntilMs > nowMs
