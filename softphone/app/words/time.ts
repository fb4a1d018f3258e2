// Times as people read them. Each takes what it needs: nothing here asks a clock.

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** 65 is `1:05`, 3,665 is `1:01:05`. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const tail = twoDigits(whole % 60)
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${tail}` : `${minutes}:${tail}`
}

/** For screen readers and lists: `1 min 5 s`. */
export function spokenLength(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const parts = [hours > 0 && `${hours} h`, minutes > 0 && `${minutes} min`]
  if (hours === 0 && (rest > 0 || minutes === 0)) parts.push(`${rest} s`)
  return parts.filter((part) => part !== false).join(' ')
}

/** Whole seconds until then, never below 0. */
export const secondsUntil = (then: number, nowMs: number): number =>
  Math.max(0, Math.round((then - nowMs) / 1000))

const dayStart = (at: Date): number => new Date(at).setHours(0, 0, 0, 0)

/** `14:05` today, `Yesterday 14:05`, `Tue 14:05` within a week, else `12 Mar 14:05`. */
export function whenWords(at: Date, now: Date, locale?: string): string {
  const time = at.toLocaleTimeString(locale, { hour: 'numeric', minute: '2-digit' })
  const days = Math.round((dayStart(now) - dayStart(at)) / 86_400_000)
  if (days <= 0) return time
  if (days === 1) return `Yesterday ${time}`
  if (days < 7) return `${at.toLocaleDateString(locale, { weekday: 'short' })} ${time}`
  const isThisYear = at.getFullYear() === now.getFullYear()
  const year = isThisYear ? {} : ({ year: 'numeric' } as const)
  return `${at.toLocaleDateString(locale, { day: 'numeric', month: 'short', ...year })} ${time}`
}

/** The heading under which a time stands in a list. */
export function dayWords(at: Date, now: Date, locale?: string): string {
  const days = Math.round((dayStart(now) - dayStart(at)) / 86_400_000)
  if (days <= 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days < 7) return at.toLocaleDateString(locale, { weekday: 'long' })
  return at.toLocaleDateString(locale, { day: 'numeric', month: 'long', year: 'numeric' })
}
