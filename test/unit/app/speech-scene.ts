import { Recogniser } from '../../../engine/app/speech/recogniser.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { Transcript } from '../../../engine/core/ports/recordings.ts'
import type { StreamListener, StreamOptions } from '../../../engine/core/ports/streams.ts'
import type { SoundBlock, Transcriber } from '../../../engine/core/ports/transcriber.ts'
import type { InstructionAnswer, InstructionRequest } from '../../../engine/core/ports/web.ts'
import type { GatherVerb, Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'

export const action = 'https://app.example/said'
export const question: GatherVerb = {
  verb: 'gather',
  input: ['digits', 'speech'],
  prompt: { verb: 'say', text: 'question' },
  timeoutMs: 4_000,
  action,
}
export const words = (text: string, confidence?: number): Transcript => ({
  ...{ text, segments: [] },
  ...(confidence !== undefined && { confidence }),
})

export type Answer = Transcript | Error | 'never'

export interface Scene {
  readonly lab: CallLab
  readonly id: CallId
  readonly asked: InstructionRequest[]
  /** What the transcriber was given, its lengths in ms. */
  readonly heardMs: number[]
  /** In which language, where one was asked for. */
  readonly languages: unknown[]
  /** Those of its jobs that were called off. */
  readonly calledOff: unknown[]
  readonly options: StreamOptions[]
  isListening(): boolean
  /** 20 ms each of what the phone says. */
  says(what: 'speech' | 'silence', frames: number): Promise<void>
}

const samplesOf = (amplitude: number) =>
  new Uint8Array(
    Int16Array.from({ length: 160 }, (_, i) => (i % 2 ? amplitude : -amplitude)).buffer,
  )
const [loud, soft, quiet] = [samplesOf(4_000), samplesOf(200), samplesOf(0)]
/** Speech is not always equally loud. */
const frameOf = (what: 'speech' | 'silence', n: number) =>
  what === 'silence' ? quiet : n % 10 === 4 ? soft : loud

export async function scene(
  verbs: readonly Verb[],
  {
    answers = [],
    missing,
    hasModel = true,
    instructions = async () => jsonAnswer([{ verb: 'say', text: 'next' }]),
  }: {
    answers?: readonly Answer[]
    missing?: string
    hasModel?: boolean
    instructions?: (request: InstructionRequest) => Promise<InstructionAnswer>
  } = {},
): Promise<Scene> {
  const [asked, heardMs, calledOff]: [InstructionRequest[], number[], unknown[]] = [[], [], []]
  const options: StreamOptions[] = []
  const languages: unknown[] = []
  const left = [...answers]
  let listener: StreamListener | undefined
  const transcriber: Transcriber = {
    unavailableBecause: () => missing,
    async transcribe(sound: AsyncIterable<SoundBlock>, signal: AbortSignal, language?: string) {
      languages.push(language)
      for await (const { samples, rateHz } of sound) {
        heardMs.push((samples.length * 1_000) / rateHz)
      }
      signal.addEventListener('abort', () => calledOff.push(signal.reason))
      const answer = left.shift() ?? words('')
      // It does not even heed the signal.
      if (answer === 'never') return new Promise<never>(() => {})
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const lab = await openCallLab({
    media: {
      openStream: async (_id, wanted, to) => {
        options.push(wanted)
        listener = to
        return {
          ...{ speak: () => 'taken', mark: () => true, clear() {}, bufferedMs: 0, lost: 0 },
          close: () => {
            listener = undefined
          },
        }
      },
    },
  })
  if (hasModel) Object.assign(lab.ports, { recogniser: new Recogniser(transcriber, lab.clock) })
  Object.assign(lab.ports.web, {
    instructions: (request: InstructionRequest) => {
      asked.push(request)
      return instructions(request)
    },
  })
  const { id } = await lab.centre.placeCall(lab.account, {
    ...{ to: '+61498765432', from: ownNumber, verbs },
  })
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  const says: Scene['says'] = async (what, frames) => {
    for (let n = 0; n < frames; n++) {
      const payload = frameOf(what, n)
      listener?.audio({ track: 'received', sequence: n, atMs: n * 20, payload })
    }
    await lab.settle()
  }
  const isListening = () => listener !== undefined
  return { lab, id, asked, heardMs, languages, calledOff, options, isListening, says }
}

export const heard = ({ lab, id }: Scene) => {
  const sound = lab.nowPlaying(id)
  return sound?.kind === 'wav' ? sound.path.replace('/speech/', '') : undefined
}
export const told = async ({ lab, id }: Scene, type: string) =>
  (await lab.store.events.ofCall(lab.account.id, id))
    .filter((event) => event.type === type)
    .map(({ data }) => data)
/** A sentence, and the silence that ends it. */
export async function speaks({ says }: Scene): Promise<void> {
  await says('speech', 50)
  await says('silence', 50)
}
