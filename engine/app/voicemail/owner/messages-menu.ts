import type { VoicemailFolder, VoicemailRecord } from '../../../core/ports/voicemail.ts'
import { voicemailPorts } from '../file.ts'
import { moveMessage } from '../messages.ts'
import { callBack } from './call-back.ts'
import { playWithKeys } from './player.ts'
import { keyDuring, type Session, spoken, tell, type Way } from './session.ts'

/** Those of a folder that are gone through at a time, the newest. */
const mostListed = 500
const menuWaitMs = 5_000
const mostAsked = 3
/** After a message was deleted or saved: to undo it, or else the next one comes. */
const doneWaitMs = 2_500

/** Where the owner goes in the folder: by so many messages, or out of it. */
type Step = Way | number

/** Goes through the messages of a folder, the oldest first. */
export async function hearFolder(session: Session, folder: VoicemailFolder): Promise<Way> {
  const { store } = session.run.ports
  const { box } = session
  const { voicemails } = await store.voicemails.list(box.id, {
    ...{ folder, page: 1, pageSize: mostListed },
  })
  const ids = voicemails.map(({ id }) => id).toReversed()
  if (ids.length === 0) {
    await tell(session, session.words.noMessages)
    return 'back'
  }
  for (let at = 0; at < ids.length; ) {
    if (session.run.signal.aborted) return 'end'
    const id = ids[at]
    const message = id && (await store.voicemails.get(box.accountId, id))
    const step = message
      ? await hearMessage(session, message, { index: at + 1, count: ids.length })
      : await missing(session)
    if (typeof step === 'string') return step
    at = Math.max(0, at + step)
  }
  await tell(session, session.words.noMore)
  return 'back'
}

/** Somebody else in the box, or its rules, has deleted it for good. */
async function missing(session: Session): Promise<Step> {
  await tell(session, session.words.gone)
  return 1
}

interface Place {
  readonly index: number
  readonly count: number
}

/** A message as it is now, and the key that was pressed; undefined: none. */
interface Visit {
  readonly message: VoicemailRecord
  readonly key: string | undefined
}

/** The envelope, the message, and what becomes of it. */
async function hearMessage(session: Session, heard: VoicemailRecord, place: Place): Promise<Step> {
  const envelope = await spoken(session, session.words.envelope({ ...heard, ...place }))
  const first = await keyDuring(session, [envelope], 0)
  // The keys of the player do nothing before it plays.
  const isPlayed = first === undefined || '1235'.includes(first)
  let visit = isPlayed ? await play(session, heard) : { message: heard, key: first }
  for (let unanswered = 0; unanswered <= mostAsked && !session.run.signal.aborted; ) {
    const { message, key } = visit
    const next = key === undefined ? message : await act(session, message, key, envelope)
    if (typeof next !== 'object') return next
    unanswered = key === undefined ? unanswered + 1 : 0
    visit = key === '5' ? await play(session, next) : await ask(session, next)
  }
  return 'end'
}

async function ask(session: Session, message: VoicemailRecord): Promise<Visit> {
  const menu = message.folder === 'deleted' ? session.words.deletedKeys : session.words.messageKeys
  const key = await keyDuring(session, [await spoken(session, menu)], menuWaitMs)
  return key === '5' ? play(session, message) : { message, key }
}

async function play(session: Session, message: VoicemailRecord): Promise<Visit> {
  const played = await playWithKeys(session, message)
  if (!played) await tell(session, session.words.notHeard)
  const isHeard = played?.isHeard === true && message.folder === 'new'
  const now = isHeard ? await move(session, message, 'saved') : message
  return { message: now ?? message, key: played?.key }
}

/** What a key does to the message; the message as it is then: it is gone on with. */
async function act(
  session: Session,
  message: VoicemailRecord,
  key: string,
  envelope: Awaited<ReturnType<typeof spoken>>,
): Promise<Step | VoicemailRecord> {
  switch (key) {
    case '4':
      return -1
    case '6':
      return 1
    case '7':
      return message.folder === 'deleted' ? restore(session, message) : remove(session, message)
    case '8':
      await callBack(session, message)
      return message
    case '9':
      return save(session, message)
    case '0': {
      const next = await keyDuring(session, [envelope], 0)
      if (next !== undefined) session.run.call.digits.putBack(next)
      return message
    }
    case '*':
      return 'back'
    case '#':
      return 'end'
    default:
      return message
  }
}

/** As it is now: somebody else may be in the box. Undefined: it is not there any more. */
async function move(
  { run, box }: Session,
  { id }: VoicemailRecord,
  folder: VoicemailFolder,
): Promise<VoicemailRecord | undefined> {
  const now = await run.ports.store.voicemails.get(box.accountId, id)
  return now && moveMessage(voicemailPorts(run.ports), now, folder, 'phone')
}

async function remove(session: Session, message: VoicemailRecord): Promise<Step | VoicemailRecord> {
  const deleted = await move(session, message, 'deleted')
  if (!deleted) return missing(session)
  const key = await keyDuring(session, [await spoken(session, session.words.deleted)], doneWaitMs)
  if (key === '7') return restore(session, deleted)
  if (key !== undefined && key !== '6') session.run.call.digits.putBack(key)
  return key === undefined || key === '6' ? 1 : deleted
}

async function restore(
  session: Session,
  message: VoicemailRecord,
): Promise<Step | VoicemailRecord> {
  const back = await move(session, message, message.heardAtMs === null ? 'new' : 'saved')
  if (!back) return missing(session)
  await tell(session, session.words.undeleted)
  return back
}

async function save(session: Session, message: VoicemailRecord): Promise<Step> {
  if (!(await move(session, message, 'saved'))) return missing(session)
  await tell(session, session.words.saved)
  return 1
}
