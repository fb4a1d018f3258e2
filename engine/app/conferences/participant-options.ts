import type { ParticipantOptions } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { LiveConference } from './live-conference.ts'

const names = [
  'muted',
  'deaf',
  'hold',
  'coaching',
  'privateWith',
  'volumeDb',
  'listenVolumeDb',
  'priority',
  'moderator',
  'label',
] as const satisfies readonly (keyof ParticipantOptions)[]

/** What is said of a member, without what else is said. */
export function optionsIn(given: Partial<ParticipantOptions>): Partial<ParticipantOptions> {
  const said = names.filter((name) => given[name] !== undefined)
  return Object.fromEntries(said.map((name) => [name, given[name]]))
}

export const leastVolumeDb = -40
export const mostVolumeDb = 20
const longestLabel = 128

/** Failure `invalid_request`. `who`: undefined while he has no call yet. */
export function checkParticipant(
  conference: LiveConference,
  who: CallId | undefined,
  options: Partial<ParticipantOptions>,
): void {
  checkOther(conference, who, options.coaching, 'coaching')
  checkOther(conference, who, options.privateWith, 'private_with')
  checkVolume(options.volumeDb, 'volume_db')
  checkVolume(options.listenVolumeDb, 'listen_volume_db')
  if (options.label && options.label.length > longestLabel) {
    const text = `a label has ${longestLabel} characters at most`
    throw new Failure('invalid_request', text, 'label')
  }
}

function checkOther(
  { members }: LiveConference,
  who: CallId | undefined,
  other: CallId | null | undefined,
  field: string,
): void {
  if (other === null || other === undefined) return
  if (other !== who && members.get(other)?.isConnected) return
  throw new Failure('invalid_request', `${field} must be the call of another member`, field)
}

function checkVolume(volumeDb: number | undefined, field: string): void {
  if (volumeDb === undefined) return
  if (volumeDb >= leastVolumeDb && volumeDb <= mostVolumeDb) return
  throw new Failure(
    'invalid_request',
    `${field} must be ${leastVolumeDb} to ${mostVolumeDb}`,
    field,
  )
}
