import type { Program } from '../../program.ts'
import { voicemailMenuVerb } from './start.ts'

/** What a phone of an account dials to come into a box: its own, or one whose digits it enters. */
export const starCodes = { '*97': undefined, '*98': 'ask' } as const

const isStarCode = (to: string): to is keyof typeof starCodes => Object.hasOwn(starCodes, to)

/** What such a call does; undefined: it is none. */
export function starCodeProgram(to: string): Program | undefined {
  if (!isStarCode(to)) return undefined
  const box = starCodes[to]
  return (run) => voicemailMenuVerb(run, { verb: 'voicemailMenu', ...(box && { box }) })
}
