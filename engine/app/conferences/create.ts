import {
  type ConferenceOptions,
  type ConferenceRecord,
  fewestMembers,
  mostMembers,
  plainConference,
} from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { ConferenceId } from '../../core/ids.ts'
import type { Account } from '../../core/ports/store.ts'
import type { Web } from '../../core/ports/web.ts'
import type { Around } from './around.ts'
import type { NewConference } from './desk.ts'
import { performConferenceEffect } from './life.ts'
import { LiveConference } from './live-conference.ts'

/** Of one account at a time. */
const mostConferences = 1_000
const longestName = 128

/**
 * Makes a conference that waits for its first member. Failures `invalid_request`, `limit_reached`, `draining`,
 * those of a URL's check.
 */
export async function createConference(
  around: Around,
  account: Account,
  wanted: NewConference,
): Promise<LiveConference> {
  const { ports, calls } = around
  const options: ConferenceOptions = { ...plainConference, ...wanted.options }
  checkOptions(ports.web, options)
  if (wanted.statusCallback !== undefined) {
    ports.web.checkUrl(wanted.statusCallback, 'status_callback')
  }
  for (const { url } of wanted.callbacks ?? []) ports.web.checkUrl(url, 'status_callback')
  if (calls.isDraining) throw new Failure('draining', 'the engine is shutting down')
  if (calls.conferences.of(account.id).length >= mostConferences) {
    throw new Failure('limit_reached', `an account has ${mostConferences} conferences at most`)
  }
  const id = ports.ids.uuid() as ConferenceId
  const record: ConferenceRecord = {
    ...{
      id,
      accountId: account.id,
      friendlyName: nameOf(wanted.friendlyName, id),
      status: 'init',
      options,
    },
    ...{ statusCallback: wanted.statusCallback ?? null, createdAtMs: ports.clock.nowMs() },
    ...{ startedAtMs: null, endedAtMs: null, endReason: null, peakParticipants: 0 },
    ...(wanted.callbacks && { callbacks: wanted.callbacks }),
  }
  const conference = new LiveConference(ports, account, record, (of, effect) =>
    performConferenceEffect(around, of, effect),
  )
  calls.conferences.add(conference)
  try {
    await conference.begin()
  } catch (error) {
    calls.conferences.remove(conference)
    throw error
  }
  return conference
}

/** Failure `invalid_request`. */
export function nameOf(friendlyName: string | undefined, id: ConferenceId): string {
  if (friendlyName === undefined || friendlyName === '') return id
  if (friendlyName.length > longestName) {
    const text = `a name has ${longestName} characters at most`
    throw new Failure('invalid_request', text, 'friendly_name')
  }
  return friendlyName
}

const pinShape = /^[0-9]{1,32}$/

/** Failure `invalid_request`, and those of a URL's check. */
export function checkOptions(web: Pick<Web, 'checkPromptUrl'>, options: ConferenceOptions): void {
  const { maxParticipants, pin, moderatorPin, talkers, maxDurationMs } = options
  const isSize = Number.isInteger(maxParticipants)
  if (!isSize || maxParticipants < fewestMembers || maxParticipants > mostMembers) {
    const text = `max_participants must be ${fewestMembers} to ${mostMembers}`
    throw new Failure('invalid_request', text, 'max_participants')
  }
  for (const one of [pin, moderatorPin]) {
    if (one === null || pinShape.test(one)) continue
    throw new Failure('invalid_request', 'a PIN is 1 to 32 digits', 'pin')
  }
  if (pin !== null && pin === moderatorPin) {
    const text = 'the PIN of moderators must be another one'
    throw new Failure('invalid_request', text, 'moderator_pin')
  }
  if (!Number.isInteger(talkers) || talkers < 0 || talkers > mostMembers) {
    throw new Failure('invalid_request', `talkers must be 0 to ${mostMembers}`, 'talkers')
  }
  if (maxDurationMs !== null && !(maxDurationMs >= 1_000)) {
    throw new Failure('invalid_request', 'max_duration must be a second or more', 'max_duration')
  }
  if (options.waitMusic) web.checkPromptUrl(options.waitMusic, 'wait_music_url')
  if (options.holdMusic) web.checkPromptUrl(options.holdMusic, 'hold_music_url')
}

/** The account's live conference of that name; where there is none it is made as is said. */
export function conferenceNamed(
  around: Around,
  account: Account,
  wanted: NewConference & { readonly friendlyName: string },
): Promise<LiveConference> {
  const { conferences } = around.calls
  const there = conferences.byName(account.id, wanted.friendlyName)
  const key = `${account.id} ${wanted.friendlyName}`
  // Two who come at once meet in one room.
  const making = conferences.making.get(key)
  if (making) return making
  if (there) return Promise.resolve(there)
  const made = createConference(around, account, wanted).finally(() => {
    conferences.making.delete(key)
  })
  conferences.making.set(key, made)
  return made
}
