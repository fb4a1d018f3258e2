import { Failure, type FailureCode } from '../../core/failures.ts'
import type { RecordingId } from '../../core/ids.ts'
import type { RecordOutcome } from '../../core/ports/media.ts'
import type { ConferenceWords } from '../phrases/phrases.ts'
import type { PinGuard } from '../pin-guard.ts'
import type { Run } from '../program.ts'
import { phraseVerb, soundOfPhrase, soundOfText } from '../speech/phrase-sounds.ts'
import { type GatherResult, gatherUnseen } from '../verbs/gather.ts'
import { playSound } from '../verbs/play.ts'
import { deadline } from '../wait.ts'
import { discard } from './leave.ts'
import type { LiveConference } from './live-conference.ts'

const tries = 3
/** With those that were ended before anything was entered. */
const mostAsked = 2 * tries
const endOfEntry = '#'
const pinTimeoutMs = 10_000
const nameMs = 5_000
/** For the file to be closed. */
const nameSavedMs = 2_000

type As = 'member' | 'moderator'

/**
 * Asks for the PIN; undefined: the call is over. Where only moderators have one, whoever enters
 * nothing is a member. `#` ends an entry and is none by itself. `room`: its name.
 */
export async function askPin(
  run: Run,
  room: string,
  pin: string | null,
  moderatorPin: string | null,
): Promise<As | 'refused' | undefined> {
  if (pin === null && moderatorPin === null) return 'member'
  const numDigits = longest(pin, moderatorPin)
  const { pinGuard } = run.calls.conferences
  const caller = `${run.call.made.account.id} ${run.call.record.from} ${room}`
  let wrong = 0
  for (let asked = 0; asked < mostAsked && wrong < tries; asked++) {
    if (await pinGuard.isLocked(caller)) return 'refused'
    const { digits, isFinished } = await askDigits(run, numDigits)
    if (run.signal.aborted) return undefined
    const as = await counted(pinGuard, caller, digits, roleOf(digits, pin, moderatorPin))
    if (as !== undefined) return as
    if (digits === '' && isFinished) continue
    wrong += 1
    await tellWrong(run, wrong < tries)
  }
  return 'refused'
}

/** What the entry makes of him, once it is counted: to have entered nothing is no try. */
async function counted(
  guard: PinGuard,
  caller: string,
  digits: string,
  as: As | undefined,
): Promise<As | 'refused' | undefined> {
  if (digits === '') return as
  if ((await guard.wrong(caller)) === 'locked') return 'refused'
  if (as !== undefined) await guard.right(caller)
  return as
}

const longest = (...pins: readonly (string | null)[]): number =>
  Math.max(...pins.map((pin) => pin?.length ?? 0))

/** To who has entered wrong PINs, too often. */
export const refusePin = (run: Run): Promise<void> => tell(run, 'refusedPin')

async function tellWrong(run: Run, mayTryAgain: boolean): Promise<void> {
  if (!mayTryAgain) return
  await tell(run, 'wrongPin')
  // It ended this entry, which had as many digits as it could.
  run.call.digits.skip(endOfEntry)
}

function roleOf(digits: string, pin: string | null, moderatorPin: string | null): As | undefined {
  if (digits === moderatorPin) return 'moderator'
  return digits === (pin ?? '') ? 'member' : undefined
}

/** Where nothing can speak a tone asks. */
async function askDigits(run: Run, numDigits: number): Promise<GatherResult> {
  const timing = { numDigits, timeoutMs: pinTimeoutMs, finishOnKey: endOfEntry }
  const keys = { verb: 'gather', ...timing } as const
  const prompt = phraseVerb(run.ports, run.call.spokenIn, ({ conference }) => conference.askPin)
  const sound = await soundOfText(run.ports, prompt.voice, prompt.text)
  if (sound.kind === 'wav') return gatherUnseen(run, { ...keys, prompt })
  await playSound(run, sound)
  return gatherUnseen(run, keys)
}

type Told = Exclude<keyof ConferenceWords, 'count'>

/** Says it to the caller. */
async function tell(run: Run, what: Told): Promise<void> {
  if (run.signal.aborted) return
  const { ports, call } = run
  const sound = await soundOfPhrase(ports, call.spokenIn, ({ conference }) => conference[what])
  await playSound(run, sound)
}

const refusals: Readonly<Partial<Record<FailureCode, Told>>> = {
  conference_full: 'full',
  conference_locked: 'locked',
  conference_ended: 'ended',
}

/** Tells a caller why he does not get in. What is no refusal of a conference is thrown on. */
export async function refuse(run: Run, error: unknown): Promise<void> {
  const what = error instanceof Failure ? refusals[error.code] : undefined
  if (what === undefined) throw error
  await tell(run, what)
}

/**
 * Has the caller say his name: 5 s at most, or until he presses a key. The path of the WAV; undefined when it
 * could not be had.
 */
export async function askName(run: Run, conference: LiveConference): Promise<string | undefined> {
  const { entrySound, exitSound } = conference.record.options
  if (entrySound !== 'name' && exitSound !== 'name') return undefined
  await tell(run, 'askName')
  await playSound(run, { kind: 'tone', tone: 'beep' })
  if (run.signal.aborted) return undefined
  const { ports, calls, call } = run
  // The end of his PIN is not that of his name.
  call.digits.skip(endOfEntry)
  const id = ports.ids.uuid() as RecordingId
  const ended = Promise.withResolvers<RecordOutcome | undefined>()
  calls.conferences.names.set(id, ended.resolve)
  let path: string | undefined
  try {
    path = await ports.recordingFiles.scratchFor(id)
    await ports.media.startRecording(call.id, id, path, 'received')
    await keyOrTime(run)
    await ports.media.stopRecording(call.id, id)
    const outcome = await inTime(run, ended.promise)
    if (outcome?.failure === null) return path
  } catch (error) {
    ports.log.warn('no name recorded', { callId: call.id, error: String(error) })
  } finally {
    calls.conferences.names.delete(id)
  }
  if (path !== undefined) discard(run, path)
  return undefined
}

async function keyOrTime(run: Run): Promise<void> {
  const limit = deadline(run.ports.clock, nameMs, run.signal)
  await run.call.digits.next(limit.signal)
  limit.disarm()
}

async function inTime<T>({ ports }: Run, work: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const disarm = ports.clock.after(nameSavedMs, () => late.resolve(undefined))
  const first = await Promise.race([work, late.promise])
  disarm()
  return first
}
