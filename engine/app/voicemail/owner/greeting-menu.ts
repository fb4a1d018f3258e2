import type { Sound } from '../../../core/ports/media.ts'
import type { Greeting, GreetingKind, VoicemailBox } from '../../../core/ports/voicemail.ts'
import { soundOfGreeting } from '../speak.ts'
import { recordSound } from './record-sound.ts'
import { choose, keyDuring, type Session, tell, type Way } from './session.ts'

const longestMs: Readonly<Record<GreetingKind, number>> = {
  ...{ unavailable: 90_000, busy: 90_000, name: 8_000 },
}
/** Recorded anew no more often than that. */
const mostTakes = 10

/** One of the box's greetings: recorded, heard, or taken away. */
export async function greetingMenu(session: Session, kind: GreetingKind): Promise<Way> {
  while (!session.run.signal.aborted) {
    switch (await choose(session, session.words.greetingKeys, '123*#')) {
      case '1':
        await recordGreeting(session, kind)
        break
      case '2':
        await hearGreeting(session, kind)
        break
      case '3':
        await setGreeting(session, kind, undefined)
        await tell(session, session.words.standardGreeting)
        break
      case '*':
        return 'back'
      default:
        return 'end'
    }
  }
  return 'end'
}

/** As it is stored now: another phone may have changed it. */
const boxNow = async ({ run, box }: Session): Promise<VoicemailBox> =>
  (await run.ports.store.voicemailBoxes.get(box.accountId, box.id)) ?? box

async function hearGreeting(session: Session, kind: GreetingKind): Promise<void> {
  const box = await boxNow(session)
  const greeting = box.greetings[kind]
  const sound = greeting && (await soundOfGreeting(session.run.ports, box, greeting))
  if (!sound) return tell(session, session.words.noGreeting)
  await hearOnce(session, sound)
}

/** A key ends it, and is left for the menu. */
async function hearOnce(session: Session, sound: Sound): Promise<void> {
  const key = await keyDuring(session, [sound], 0)
  if (key !== undefined) session.run.call.digits.putBack(key)
}

/** Recorded until it is kept or discarded; who hangs up before has changed nothing. */
async function recordGreeting(session: Session, kind: GreetingKind): Promise<void> {
  const { run } = session
  for (let takes = 0; takes < mostTakes && !run.signal.aborted; takes++) {
    await tell(session, session.words.recordGreeting)
    const path = await recordSound(run, longestMs[kind])
    if (path === undefined) {
      await tell(session, session.words.notRecorded)
      return
    }
    const key = await reviewed(session, path)
    if (key === '1') {
      const file = await run.ports.greetingFiles.keep(path)
      await setGreeting(session, kind, { kind: 'file', file })
      await tell(session, session.words.kept)
      return
    }
    await run.ports.recordingFiles.discard(path)
    if (key === '3') continue
    await tell(session, session.words.discarded)
    return
  }
}

async function reviewed(session: Session, path: string): Promise<string | undefined> {
  const sound: Sound = { kind: 'wav', path, loop: 1 }
  await hearOnce(session, sound)
  for (;;) {
    const key = await choose(session, session.words.keepKeys, '123*')
    if (key !== '2') return key
    await hearOnce(session, sound)
  }
}

/** Undefined: the standard one. The file of the one before goes. */
async function setGreeting(
  session: Session,
  kind: GreetingKind,
  greeting: Greeting | undefined,
): Promise<void> {
  const { store, greetingFiles } = session.run.ports
  const box = await boxNow(session)
  const { [kind]: before, ...others } = box.greetings
  const greetings = greeting ? { ...others, [kind]: greeting } : others
  await store.voicemailBoxes.update({ ...box, greetings })
  if (before?.kind === 'file') await greetingFiles.remove(before.file)
}
