// A phone of an account, its voicemail box, and what is heard there.

import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach } from 'vitest'
import { hashPin } from '../../../../engine/app/voicemail/pin.ts'
import type { CallId, DeviceId, VoicemailId } from '../../../../engine/core/ids.ts'
import type { VoicemailBox } from '../../../../engine/core/ports/voicemail.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'
import { boxFor, leftVoicemail } from '../../../support/left-voicemail.ts'

export const pin = '2580'

export let lab: CallLab
export let deviceId: DeviceId
export let box: VoicemailBox
let spooled: string[]
/** Each test of the file has an account of its own. */
export function useOwnerLab(): void {
  beforeEach(openLab)
  afterEach(() => lab.store.close())
}

async function openLab(): Promise<void> {
  spooled = []
  lab = await openCallLab({
    ports: {
      greetingFiles: {
        pathOf: async (file) => `/greetings/${file}`,
        keep: async () => 'kept.wav',
        remove: async () => {},
        spool: async (_stream, path) => void spooled.push(path),
      },
    },
  })
  deviceId = await lab.addDevice('desk', true)
}

/** The box of the desk's phone, and so many messages in it, 10 s each, the oldest first. */
export async function withBox(
  count: number,
  { from = '+61412345678', ...over }: Partial<VoicemailBox> & { from?: string } = {},
): Promise<VoicemailId[]> {
  box = boxFor(lab.account.id, deviceId, { pinHash: await hashPin(pin), ...over })
  await lab.store.voicemailBoxes.insert(box)
  const ids: VoicemailId[] = []
  for (let index = 0; index < count; index++) {
    const id = randomUUID()
    const left = { id, path: '/x.wav', from, atMs: 1_000 + index, durationMs: 10_000 }
    ids.push((await leftVoicemail(lab.store, lab.account.id, deviceId, left)).id)
  }
  return ids
}

/** The phone of the desk, or another one of the account, dials. */
export async function dial(to: string, username = 'desk', as = deviceId): Promise<CallId> {
  const callId = randomUUID() as CallId
  lab.sip.incoming({
    ...{ callId, sipCallId: 'x@y', from: username, fromName: null, to, protocol: 'udp' },
    source: { kind: 'device', deviceId: as, username },
    sdp: 'v=0 theirs',
  })
  await lab.settle()
  return callId
}

/** What is heard now: words, `message` and from where, or a tone; undefined: nothing. */
export function heard(id: CallId): string | undefined {
  const sound = lab.nowPlaying(id)
  if (sound === undefined) return undefined
  if (sound.kind !== 'wav') return sound.kind === 'tone' ? sound.tone : sound.kind
  const words = sound.path.startsWith('/speech/') ? sound.path.slice(8) : undefined
  return words ?? `message ${sound.fromMs ?? 0}`
}

export async function settled(): Promise<void> {
  // scrypt has a thread of its own
  for (let turn = 0; turn < 3; turn++) await lab.settle()
}

export async function untilHeard(id: CallId, text: RegExp): Promise<void> {
  const deadlineMs = Date.now() + 30_000
  while (!text.test(heard(id) ?? '')) {
    if (Date.now() > deadlineMs) throw new Error(`heard ${heard(id)}, not ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
    await settled()
  }
}

export async function press(id: CallId, keys: string): Promise<void> {
  for (const key of keys) {
    lab.media.digit(id, key, 100)
    await settled()
  }
}

/** A key, `end` of what is heard, or milliseconds of silence; and what is heard then. */
export type Step = readonly [does: string | number, heard: RegExp]

export async function walk(id: CallId, steps: readonly Step[]): Promise<void> {
  for (const [does, text] of steps) {
    if (typeof does === 'number') await lab.clock.advance(does)
    else if (does === 'end') await lab.finishPlay(id)
    else await press(id, does)
    await untilHeard(id, text)
  }
}

export async function inBox(to = '*97'): Promise<CallId> {
  const id = await dial(to)
  await untilHeard(id, /enter your PIN/)
  await press(id, `${pin}#`)
  await untilHeard(id, /^You have/)
  return id
}

export const folders = async (ids: readonly VoicemailId[]) =>
  Promise.all(
    ids.map(async (id) => (await lab.store.voicemails.get(lab.account.id, id))?.folder ?? 'gone'),
  )
export const log = async () =>
  (await lab.store.events.after(lab.account.id, 0, 1_000)).map((e) => e)
