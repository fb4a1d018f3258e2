import type { Contact } from '../api/shapes.ts'
import { keysOf } from './number.ts'

/** The keys in the order in which they stand. */
export const padKeys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

/** What a screen reader says for a key. */
export const keyNames: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash' }

/** Low and high tone of a key in Hz (ITU-T Q.23). */
export function keyTones(key: string): readonly [number, number] | undefined {
  const rows = ['123A', '456B', '789C', '*0#D']
  const row = rows.findIndex((keys) => keys.includes(key))
  if (row < 0 || key.length !== 1) return undefined
  const low = [697, 770, 852, 941][row] ?? 0
  const high = [1209, 1336, 1477, 1633][rows[row]?.indexOf(key) ?? 0] ?? 0
  return [low, high]
}

/** Whether a key press belongs to a dial pad: digits, star, hash, and the leading plus. */
export const isPadKey = (key: string): boolean => /^[\d*#+]$/.test(key)

/**
 * Contacts that fit what was typed so far: the start of the user name or of a word of the name, or the keys on
 * which they lie (232 finds Ada). Best fits first, at most `limit`.
 */
export function suggestions(
  typed: string,
  contacts: readonly Contact[],
  limit: number,
): readonly Contact[] {
  const text = typed.trim().toLowerCase()
  if (text === '') return []
  const rankOf = (contact: Contact): number => {
    const words = contact.name.toLowerCase().split(/\s+/)
    if (contact.username.toLowerCase().startsWith(text)) return 0
    if (words.some((word) => word.startsWith(text))) return 1
    const isKeys = /^\d+$/.test(text)
    if (isKeys && words.some((word) => keysOf(word).startsWith(text))) return 2
    return 3
  }
  return contacts
    .map((contact) => ({ contact, rank: rankOf(contact) }))
    .filter(({ contact, rank }) => rank < 3 && contact.username.toLowerCase() !== text)
    .sort((a, b) => a.rank - b.rank || a.contact.name.localeCompare(b.contact.name))
    .slice(0, limit)
    .map(({ contact }) => contact)
}
