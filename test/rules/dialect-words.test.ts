// What is a vendor's own stays in the folder of that dialect: names of products, fields and words of its
// answers. The composition root and the settings may name a dialect too; nobody else knows which there are.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { programs, root, type Source } from './sources.ts'

/** By folder. Addresses are not among them: the pages and the demo are clients like others. */
const wordsOf: Readonly<Record<string, RegExp>> = {
  telefonie: /telefonie/i,
  telephony: /[Tt]elephony|estimatedConnectTime|creditsUsed\b/,
  voicecall:
    /[Vv]oice_?[Cc]alls?\b|vCita|inTandem|VONAGE|ANSWERED_BY_|MISSED_CALL|\b(?:staff|client)_uid/,
  fonenumber: /[Ff]one ?[Nn]umber|FoneStorm|FracTEL|\bservice_(?:type|id)\b|_notify\b/,
  voice2phone: /[Vv]oice2[Pp]hone|CountryCode|StatusText|DateUtc/,
}
const dialects = 'engine/api/dialects'
const mayNameAll = /^engine\/(?:compose|config)\//

/** A line for each place where a word stands that is somebody else's. */
function strays(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    Object.entries(wordsOf)
      .filter(([folder]) => !path.startsWith(`${dialects}/${folder}/`) && !mayNameAll.test(path))
      .flatMap(([folder, words]) =>
        text
          .split('\n')
          .filter((line) => words.test(line))
          .map((line) => `${path} (${folder}): ${line.trim().slice(0, 100)}`),
      ),
  )
}

test('every dialect is looked for', () => {
  expect(new Set(readdirSync(join(root, dialects)))).toEqual(new Set(Object.keys(wordsOf)))
})

test('no word of a dialect stands outside its folder', () => {
  const ours = programs.filter(({ path }) => /^(?:engine|tts|recordings)\//.test(path))
  expect(ours.length).toBeGreaterThan(100)
  expect(strays(ours)).toEqual([])
})

describe('the rule', () => {
  test.each([
    ['engine/core/call.ts', '/** As telephony.io has it. */', 1],
    ['engine/app/x.ts', `body['service_type']`, 1],
    [`${dialects}/telefonie/x.ts`, 'Phone.CountryCode', 1],
    [`${dialects}/voice2phone/x.ts`, 'Phone.CountryCode', 0],
    ['engine/compose/dialects.ts', 'voiceCall(telefonie)', 0],
    ['engine/core/call.ts', 'creditsUsedMicro: number', 0],
  ] as const)('%s: %s', (path, text, found) => {
    expect(strays([{ path, text }])).toHaveLength(found)
  })
})
