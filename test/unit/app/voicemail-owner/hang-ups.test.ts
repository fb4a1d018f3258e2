/** An owner hangs up at every step of his menus: nothing of him stays behind, and nothing is changed half. */

import { expect, test } from 'vitest'
import {
  dial,
  folders,
  lab,
  type Step,
  untilHeard,
  useOwnerLab,
  walk,
  withBox,
} from './owner-lab.ts'

useOwnerLab()

/** Three messages, all keys of a message, then the options up to a greeting that is kept. */
const wholeWay: readonly Step[] = [
  ['1', /^.*Message 1 of 3/],
  ['end', /^message 0/],
  ['3', /^message 3000/],
  ['1', /^message 0/],
  ['2', /^$/],
  ['2', /^message 0/],
  ['end', /hear it again/],
  ['0', /Message 1 of 3/],
  ['8', /call back, press 1/],
  ['*', /hear it again/],
  ['7', /^Deleted/],
  ['7', /no longer deleted/],
  ['end', /hear it again/],
  ['9', /^Saved/],
  ['end', /Message 2 of 3/],
  ['6', /Message 3 of 3/],
  ['*', /^You have/],
  ['0', /greeting when you do not/],
  ['1', /record it press 1/],
  ['1', /speak after the tone/],
  ['end', /^beep/],
  ['end', /^$/],
  ['#', /^message 0/],
  ['end', /keep it press 1/],
  ['3', /speak after the tone/],
  ['end', /^beep/],
  ['end', /^$/],
  ['#', /^message 0/],
  ['end', /keep it press 1/],
  ['*', /was discarded/],
  ['end', /record it press 1/],
  ['*', /greeting when you do not/],
  ['4', /enter the new PIN/],
  ['7', /^$/],
]

test.each(wholeWay.map((_, n) => [n, wholeWay.slice(0, n)] as const))(
  'who hangs up after %i steps leaves nothing behind',
  async (count, steps) => {
    const scratch = new Set<string>()
    Object.assign(lab.ports.recordingFiles, {
      scratchFor: async (name: string) => {
        scratch.add(`/scratch/${name}.wav`)
        return `/scratch/${name}.wav`
      },
      discard: async (path: string) => void scratch.delete(path),
    })
    const timers = lab.clock.pendingTimers
    const ids = await withBox(3, { pinHash: null })
    const id = await dial('*97')
    await untilHeard(id, /^You have/)
    await walk(id, steps)
    lab.sip.remoteHangup(id, '')
    await lab.settle()
    expect({
      calls: lab.calls.size,
      writing: lab.calls.recordings.size,
      greetings: lab.calls.conferences.names.size,
      heard: lab.nowPlaying(id),
      scratch: [...scratch],
      timers: lab.clock.pendingTimers,
    }).toEqual({ calls: 0, writing: 0, greetings: 0, heard: undefined, scratch: [], timers })
    const now = await folders(ids)
    expect(now.slice(1)).toEqual(['new', 'new'])
    if (count < 7) expect(now[0]).toBe('new')
    const box = (await lab.store.voicemailBoxes.list(lab.account.id))[0]
    expect(box).toMatchObject({ greetings: {}, pinHash: null })
  },
)
