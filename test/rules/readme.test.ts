// The README says what is so: its two commands exist, and its tables of settings, lab numbers and keys are the lists in the code.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { menuKeys } from '../../engine/app/conferences/digit-menu.ts'
import { conferenceAttributes } from '../../engine/app/twiml/conference.ts'
import { dialAttributes, queueAttributes } from '../../engine/app/twiml/dial.ts'
import { targetAttributes } from '../../engine/app/twiml/dial-targets.ts'
import { gatherAttributes, recordAttributes } from '../../engine/app/twiml/gather.ts'
import { readTwiml } from '../../engine/app/twiml/index.ts'
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

describe('the table of attributes without effect', () => {
  const [, section = ''] = readme.split('These attributes of TwiML do nothing here:')
  const rows = section
    .split('\n### ', 1)[0]
    ?.split('\n')
    .filter((line) => /^\| `[A-Z]/.test(line))
  const cells = (rows ?? []).map((row) => row.split('|').map((cell) => cell.trim()))
  const namesIn = (text = ''): string[] =>
    [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  const inReadme = new Map(
    cells.flatMap(([, elements, names]) => {
      const [attributes] = (names ?? '').split('; `speech`')
      return namesIn(elements).map((element): [string, string[]] => [element, namesIn(attributes)])
    }),
  )

  test('is that of the reader', () => {
    const known = {
      ...{ Dial: dialAttributes, Conference: conferenceAttributes, Queue: queueAttributes },
      ...{ Gather: gatherAttributes, Record: recordAttributes, ...targetAttributes },
    }
    for (const [element, { idle = [] }] of Object.entries(known)) {
      expect([element, new Set(inReadme.get(element))]).toEqual([element, new Set(idle)])
    }
  })

  test.each(['passports', 'recordingConfigurationId'])('Dial: %s is told', (name) => {
    const source = { url: 'https://app.example/', hasVoice: () => true }
    const { warnings } = readTwiml(`<Response><Dial ${name}="x">1</Dial></Response>`, source)
    expect(warnings).toEqual([`line 1: Dial: attribute ${name} has no effect here`])
  })

  test('Enqueue has no others', () => {
    const names = inReadme.get('Enqueue') ?? []
    const source = { url: 'https://app.example/', hasVoice: () => true }
    const said = names.map((name) => `${name}="1"`).join(' ')
    const { warnings } = readTwiml(`<Response><Enqueue ${said}>a</Enqueue></Response>`, source)
    expect(warnings.filter((one) => one.endsWith('has no effect here'))).toHaveLength(1)
  })
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
