import { type AccountId, type BoxId, isBoxId } from '../../../core/ids.ts'
import { plainBox, type VoicemailBox } from '../../../core/ports/voicemail.ts'
import type { VoicemailMenuVerb } from '../../../core/verbs.ts'
import type { Run } from '../../program.ts'
import { answer } from '../../verbs/answer.ts'
import { findOwnBox, ownBox } from '../own-box.ts'
import { pinFits, triesAt } from '../pin.ts'
import { enterDigits } from './enter-digits.ts'
import { mainMenu } from './main-menu.ts'
import { type Session, sessionOf, tell } from './session.ts'

const tries = 3

/**
 * A caller who says that the box is his: he has to know its PIN, for which he is asked in the words of `door`. Returns
 * when he is done, or has hung up.
 */
export async function startOwnerMenu(
  run: Run,
  box: VoicemailBox,
  show: () => void = () => undefined,
  door: Session = sessionOf(run, box),
): Promise<void> {
  if (!(await answer(run))) return
  const atDoor = { ...door, box }
  const isIn = await letIn(atDoor)
  show()
  if (isIn) {
    run.call.spokenIn = box.options
    await mainMenu(sessionOf(run, box))
  } else if (!run.signal.aborted) await tell(atDoor, door.words.refused)
}

/** The verb: into a box of the account, that of the phone that calls, or the one that is entered. */
export async function voicemailMenuVerb(run: Run, { box: id }: VoicemailMenuVerb): Promise<void> {
  // Who knows the way presses his PIN before he is asked for it.
  const show = run.call.digits.hide()
  try {
    if (!(await answer(run))) return
    const box = id === 'ask' ? undefined : await boxOf(run, id)
    if (box) return await startOwnerMenu(run, box, show)
    const door = await doorOf(run)
    const asked = await askBox(door)
    if (asked) return await startOwnerMenu(run, asked, show, door)
  } finally {
    show()
  }
}

async function boxOf(run: Run, id: BoxId | undefined): Promise<VoicemailBox | undefined> {
  const { ports, call } = run
  const { accountId } = call.record
  if (id !== undefined) return ports.store.voicemailBoxes.get(accountId, id)
  const device = await callersDevice(run)
  return device && ownBox(ports, { accountId, device })
}

async function callersDevice({ ports, call }: Run) {
  const { deviceId, accountId } = call.record
  return deviceId === null ? undefined : ports.store.devices.get(accountId, deviceId)
}

/** Before it is known whose box he wants he is told all in the language of his own, if he has one. */
async function doorOf(run: Run): Promise<Session> {
  const { accountId } = run.call.record
  const device = await callersDevice(run)
  const own = device && (await findOwnBox(run.ports, { accountId, device }))
  return sessionOf(run, own ?? nobodys(accountId, ''))
}

/**
 * Whether there is such a box nobody is told before the PIN is right, not by a language either. Undefined: the caller has
 * gone.
 */
async function askBox(door: Session): Promise<VoicemailBox | undefined> {
  const { run } = door
  const { accountId } = run.call.record
  const digits = await enterDigits(door, door.words.askBox)
  if (run.signal.aborted) return undefined
  const id = `VM${digits}`
  const box = isBoxId(id) ? await run.ports.store.voicemailBoxes.get(accountId, id) : undefined
  return box ?? nobodys(accountId, digits)
}

/** A box that is not there: no PIN fits. */
const nobodys = (accountId: AccountId, digits: string): VoicemailBox => ({
  ...{ id: `VM${digits}` as BoxId, accountId, options: { ...plainBox, name: '' } },
  ...{ pinHash: nobodysPin, greetings: {}, devices: [], numbers: [], createdAtMs: 0 },
})

const nobodysPin = ''

/** Keys that are pressed before he is in, also while he is told that a PIN was wrong, are those of a PIN. */
async function letIn(session: Session): Promise<boolean> {
  const show = session.run.call.digits.hide()
  try {
    return await hasPin(session)
  } finally {
    show()
  }
}

async function hasPin(session: Session): Promise<boolean> {
  const { run, box } = session
  const { deviceId } = run.call.record
  const by = deviceId !== null && box.devices.includes(deviceId) ? 'own' : 'outside'
  if (by === 'own' && (box.pinHash === null || !box.options.pinOnOwnPhones)) return true
  const who = triesAt(box, by)
  for (let asked = 1; asked <= tries; asked++) {
    if (await run.calls.pinGuard.isLocked(who)) return false
    const pin = await enterDigits(session, session.words.askPin)
    if (run.signal.aborted) return false
    if (await isRight(session, pin, who)) return true
    await tell(session, session.words.wrongPin)
  }
  return false
}

/** Each try counts before it is looked at: of many calls at once none has more than what is left. */
async function isRight(session: Session, pin: string, who: string): Promise<boolean> {
  const { pinGuard } = session.run.calls
  const count = await pinGuard.wrong(who)
  if (count === 'locked') return false
  const fits = await pinFits(session.box.pinHash ?? '', pin)
  if (fits) await pinGuard.right(who)
  else if (count === 'locks') await tellLocked(session, await pinGuard.lockedForMs(who))
  return fits
}

async function tellLocked({ run, box }: Session, forMs: number): Promise<void> {
  if (box.pinHash === nobodysPin) return
  const { store, clock } = run.ports
  const atMs = clock.nowMs()
  const data = {
    ...{ boxId: box.id, callId: run.call.id, caller: run.call.record.from },
    untilMs: Math.round(atMs + forMs),
  }
  await store.events.append(box.accountId, [{ type: 'voicemail.locked', atMs, data }])
}
