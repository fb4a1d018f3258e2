import { type SettingName, settingNames } from './settings.ts'

const prefix = 'RINGDOWN_'

/** A line for every variable with our prefix that is no setting: most likely a misspelt one. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(settingNames)
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name))
    .map((name) => `${name} is not a setting${suggestion(name)}`)
}

/**
 * A setting whose name has the same words and some more, else one that differs in a few letters: one in four at most,
 * without the prefix that all have.
 */
function suggestion(name: string): string {
  const longer = withAllWordsOf(name)
  if (longer !== undefined) return `; did you mean ${longer}?`
  const nearest = settingNames
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0]
  const most = Math.min(3, Math.ceil((name.length - prefix.length) / 4))
  return nearest && nearest.distance <= most ? `; did you mean ${nearest.candidate}?` : ''
}

/** The shortest, for a name of two words at least. */
function withAllWordsOf(name: string): SettingName | undefined {
  const words = name.slice(prefix.length).split('_')
  if (words.length < 2) return undefined
  return settingNames
    .filter((candidate) => {
      const its = candidate.slice(prefix.length).split('_')
      return words.every((word) => its.includes(word))
    })
    .sort((a, b) => a.length - b.length)[0]
}

/** Levenshtein distance: how many letters must be added, removed or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
