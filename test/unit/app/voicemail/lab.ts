// A caller at a voicemail box, on the virtual clock.

import type { RecordingFiles } from '../../../../engine/app/ports.ts'
import { boxIdOf, type CallId } from '../../../../engine/core/ids.ts'
import type { AudioStream, StreamListener } from '../../../../engine/core/ports/streams.ts'
import {
  type BoxOptions,
  plainBox,
  type VoicemailBox,
} from '../../../../engine/core/ports/voicemail.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'

export const boxNumber = '+15005550150'

const loud = new Uint8Array(
  Int16Array.from({ length: 160 }, (_, i) => (i % 2 ? 4_000 : -4_000)).buffer,
)

export interface Scene {
  readonly lab: CallLab
  readonly box: VoicemailBox
  readonly id: CallId
  press(keys: string): Promise<void>
  /** Every prompt to its end, until something else than a prompt is awaited; what was heard. */
  hearAll(most?: number): Promise<string[]>
  says(what: 'speech' | 'silence', seconds: number): Promise<void>
  hangUp(): Promise<void>
  messages(
    folder?: 'new' | 'saved' | 'deleted',
  ): Promise<{ folder: string; urgent: boolean; durationMs: number; from: string }[]>
  events(): Promise<string[]>
}

interface Options {
  readonly box?: Partial<BoxOptions>
  readonly over?: Partial<VoicemailBox>
  readonly finishMessage?: RecordingFiles['finishMessage']
  readonly media?: Parameters<typeof openCallLab>[0] extends infer O
    ? O extends { media?: infer M }
      ? M
      : never
    : never
}

/** The lab with a box, whose number is `boxNumber` and whose phone is `desk`. */
export async function boxLab({ box: options, over, finishMessage }: Options = {}) {
  let listener: StreamListener | undefined
  const stream: AudioStream = {
    ...{ speak: () => 'taken', mark: () => true, clear() {}, bufferedMs: 0, lost: 0 },
    close: () => {
      listener = undefined
    },
  }
  const lab = await openCallLab({
    media: {
      openStream: async (_id, _options, to) => {
        listener = to
        return stream
      },
    },
  })
  if (finishMessage) Object.assign(lab.ports.recordingFiles, { finishMessage })
  const desk = await lab.addDevice('desk', true)
  const box: VoicemailBox = {
    ...{ id: boxIdOf(desk), accountId: lab.account.id, pinHash: null, greetings: {} },
    options: { ...plainBox, name: 'desk', ...options },
    ...{ devices: [desk], numbers: [], createdAtMs: 1 },
    ...over,
  }
  await lab.store.voicemailBoxes.insert(box)
  await lab.addNumber(boxNumber, { kind: 'voicemail', box: box.id })
  const says: Scene['says'] = async (what, seconds) => {
    for (let n = 0; n < seconds * 50; n++) {
      const payload = what === 'speech' ? loud : new Uint8Array(320)
      listener?.audio({ track: 'received', sequence: n, atMs: n * 20, payload })
    }
    await lab.settle()
  }
  return { lab, box, desk, says }
}

export async function atBox(options: Options = {}): Promise<Scene> {
  const { lab, box, says } = await boxLab(options)
  const id = await lab.incoming(boxNumber)
  return sceneOf(lab, box, id, says)
}

export function sceneOf(lab: CallLab, box: VoicemailBox, id: CallId, says: Scene['says']): Scene {
  return {
    ...{ lab, box, id, says },
    async press(keys) {
      for (const key of keys) lab.media.digit(id, key, 100)
      await lab.settle()
    },
    async hearAll(most = 20) {
      const heard: string[] = []
      for (let n = 0; n < most; n++) {
        const sound = lab.nowPlaying(id)
        if (!sound) break
        heard.push(
          sound.kind === 'tone' ? sound.tone : sound.kind === 'wav' ? sound.path : sound.kind,
        )
        await lab.finishPlay(id)
      }
      return heard
    },
    async hangUp() {
      lab.sip.remoteHangup(id, '')
      await lab.settle()
    },
    async messages(folder) {
      const page = { page: 1, pageSize: 20, ...(folder && { folder }) }
      return (await lab.store.voicemails.list(box.id, page)).voicemails
    },
    async events() {
      const all = await lab.store.events.after(lab.account.id, 0, 1_000)
      return all.map(({ type }) => type).filter((type) => type.startsWith('voicemail.'))
    },
  }
}
