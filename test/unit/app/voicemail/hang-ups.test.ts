/** A caller hangs up at every step of leaving a message: nothing of him stays behind but what he has said. */

import { describe, expect, test } from 'vitest'
import { hashPin } from '../../../../engine/app/voicemail/pin.ts'
import { atBox, type Scene } from './lab.ts'

/** What is pressed, `end` of what is heard, `words` after the tone, or milliseconds in which nothing happens. */
type Step = string | number

/** To the tone, said, heard, made urgent, said anew, and saved by doing nothing. */
const wholeWay: readonly Step[] = [
  ...['end', 'end', 'words', '#', 'end', '1', 'end', 'end', '4', 'end', 'end'],
  ...['2', 'end', 'words', '#', 'end', 5_000, 'end', 5_000, 'end', 5_000],
]
const intoTheOwnersMenu: readonly Step[] = ['*', '4', '7', '1', '1', '#']
const toTheOperator: readonly Step[] = ['0', 'refused', 'end', 'words']

async function walk(scene: Scene, steps: readonly Step[]): Promise<void> {
  const { lab, id } = scene
  for (const step of steps) {
    if (typeof step === 'number') await lab.clock.advance(step)
    else if (step === 'end') await lab.finishPlay(id)
    else if (step === 'words') await scene.says('speech', 2)
    else if (step === 'refused') lab.sip.rejected(lab.invited.at(-1) ?? id, 486, 'Busy Here')
    else await scene.press(step)
    await lab.settle()
  }
}

/** Files that were made for a while, and are not gone. */
function scratchOf({ lab }: Scene): ReadonlySet<string> {
  const files = new Set<string>()
  const { recordingFiles } = lab.ports
  Object.assign(recordingFiles, {
    scratchFor: async (name: string) => {
      files.add(`/scratch/${name}.wav`)
      return `/scratch/${name}.wav`
    },
    discard: async (path: string) => void files.delete(path),
  })
  return files
}

async function leftBehind({ lab, id }: Scene, scratch: ReadonlySet<string>) {
  const page = { page: 1, pageSize: 50 }
  const { recordings } = await lab.store.recordings.list(lab.account.id, page)
  return {
    calls: lab.calls.size,
    writing: lab.calls.recordings.size,
    greetings: lab.calls.conferences.names.size,
    leaving: lab.calls.leaving.size,
    drafts: (await lab.store.voicemails.drafts()).length,
    unfinished: recordings.filter(({ status }) => status === 'in-progress').length,
    heard: lab.nowPlaying(id),
    scratch: [...scratch],
    timers: lab.clock.pendingTimers,
  }
}

const nothing = {
  ...{ calls: 0, writing: 0, greetings: 0, leaving: 0, drafts: 0, unfinished: 0 },
  ...{ heard: undefined, scratch: [], timers: 0 },
}

const prefixesOf = (steps: readonly Step[]) => steps.map((_, n) => steps.slice(0, n + 1))

async function hungUpAfter(steps: readonly Step[], options: Parameters<typeof atBox>[0] = {}) {
  const scene = await atBox(options)
  const scratch = scratchOf(scene)
  await walk(scene, steps)
  await scene.hangUp()
  await scene.lab.settle()
  expect(await leftBehind(scene, scratch), steps.join(' ')).toEqual(nothing)
  const kept = await scene.messages()
  await scene.lab.store.close()
  return kept
}

describe('who hangs up leaves nothing behind', () => {
  test.each(prefixesOf(wholeWay).map((steps) => [steps.length, steps] as const))(
    'after %i steps of leaving a message',
    async (count, steps) => {
      const kept = await hungUpAfter(steps)
      // What was said once is kept, unless it was taken back and nothing has been said since.
      const isAnew = steps.includes('2') && count < 13
      expect(kept).toHaveLength(count < 2 || isAnew ? 0 : 1)
    },
  )

  test.each(prefixesOf(intoTheOwnersMenu).map((steps) => [steps.join(' '), steps] as const))(
    'after %s in the greeting',
    async (_, steps) => {
      const pinHash = await hashPin('4711')
      expect(await hungUpAfter(steps, { over: { pinHash } })).toEqual([])
    },
  )

  test.each(prefixesOf(toTheOperator).map((steps) => [steps.join(' '), steps] as const))(
    'after %s, with an operator',
    async (_, steps) => {
      const kept = await hungUpAfter(steps, { box: { operator: 'desk' } })
      expect(kept).toHaveLength(steps.includes('end') ? 1 : 0)
    },
  )
})
