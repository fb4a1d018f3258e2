// The README says what is so: its two commands exist, and its tables of settings, lab numbers and keys are the lists in the code.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { menuKeys } from '../../engine/app/conferences/digit-menu.ts'
import { settings } from '../../engine/config/index.ts'
import { labDirectory } from '../../engine/lab/plan.ts'
import { root } from './sources.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')

const table = Object.entries(settings).map(
  ([name, { byDefault, says }]) =>
    `| \`${name}\` | ${byDefault === undefined ? '' : `\`${byDefault}\``} | ${says} |`,
)

test('the table of settings is the list of settings', () => {
  const inReadme = readme.split('\n').filter((line) => line.startsWith('| `RINGDOWN_'))
  expect(inReadme).toEqual(table)
})

test('the table of lab numbers is the numbering plan of the lab', () => {
  const inReadme = readme.split('\n').filter((line) => line.startsWith('| `+1500555'))
  expect(inReadme).toEqual(labDirectory.map(({ number, what }) => `| \`${number}\` | ${what} |`))
})

test('the table of keys is the digit menu of conferences', () => {
  const inReadme = readme.split('\n').filter((line) => line.startsWith('| `*'))
  const menu = Object.entries(menuKeys).map(([key, { does, moderatorsOnly }]) => {
    return `| \`*${key}\` | ${moderatorsOnly ? 'moderators: ' : ''}${does} |`
  })
  expect(inReadme).toEqual(menu)
})

test('every RINGDOWN_ name in the README is a setting', () => {
  const named = [...readme.matchAll(/\bRINGDOWN_[A-Z_]+\b/g)].map(([name]) => name)
  expect(named.filter((name) => !(name in settings))).toEqual([])
})

test('it opens with the two commands', () => {
  const firstBlock = /```[a-z]*\n([\s\S]*?)```/.exec(readme)?.[1]
  expect(
    firstBlock
      ?.trim()
      .split('\n')
      .map((line) => line.split('#')[0]?.trim()),
  ).toEqual(['npm start', 'npm test'])
  expect(readme.indexOf('```')).toBeLessThan(600)
})
