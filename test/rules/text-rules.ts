// Rules about what a file may contain. Words that a rule looks for are put together from parts here,
// so that this file keeps its own rules.

import type { Source } from './sources.ts'

interface TextRule {
  readonly says: string
  /** Which files it holds for. */
  readonly holdsFor: (path: string) => boolean
  readonly forbids: RegExp
}

const isProgram = (path: string) => /\.m?[tj]s$/.test(path)
const marks = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')
const homes = ['work', 'root', 'Users', 'home'].map((folder) => `/${folder}/`).join('|')
const environment = 'process\\.' + 'env\\b'

export const textRules: readonly TextRule[] = [
  {
    says: 'only engine/config and engine/setup read the environment',
    holdsFor: (path) =>
      isProgram(path) && !/^(?:engine\/(?:config|setup)|test|docker)\//.test(path),
    forbids: new RegExp(environment),
  },
  {
    says: 'no marks of unfinished work',
    holdsFor: (path) => path !== 'package-lock.json',
    forbids: new RegExp(`\\b(?:${marks})\\b`),
  },
  {
    says: 'no paths of one machine',
    holdsFor: () => true,
    forbids: new RegExp(`(?<![\\w.~/-])(?:${homes})`),
  },
  {
    says: 'no test is left out or run alone',
    holdsFor: (path) => path.endsWith('.test.ts'),
    forbids: new RegExp(
      `\\b(?:test|it|describe)\\.(?:${['sk' + 'ip', 'on' + 'ly', 'to' + 'do'].join('|')})\\b`,
    ),
  },
  {
    // Files that share a process load it once: the second would be without.
    says: 'what tests share has no hooks that loading it leaves',
    holdsFor: (path) => /^test\/.*(?<!\.test)\.ts$/.test(path),
    forbids: /^(?:before|after)(?:Each|All)\(/,
  },
  {
    says: 'no address of a registry in the lock file',
    holdsFor: (path) => path === 'package-lock.json',
    forbids: /"resolved": /,
  },
]

/** A line for every place that breaks the rule. */
export function breaches(rule: TextRule, sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => rule.holdsFor(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
        .filter(({ line }) => rule.forbids.test(line))
        .map(({ line, at }) => `${at}: ${line.trim().slice(0, 100)}`),
    )
}
