import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { floats, input, node, onnxModel, output } from './model.ts'

/** Mel features of a frame of 10 ms: 0 to 8 kHz on the scale of Slaney's toolbox. */
const FEATURES = 80
/** Features on each side of a tone's own that are counted with it. */
const AROUND = 2
/** Logarithm of the energy of a band at which a frame counts as sounding: far above rounding noise. */
const AUDIBLE = -4

/** A tone that is heard as a word. */
export const WORDS = [
  { word: 'low', hz: 500 },
  { word: 'middle', hz: 1000 },
  { word: 'high', hz: 2000 },
] as const

const LINEAR_HZ = 1000
const melOf = (hz: number) =>
  hz < LINEAR_HZ ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / LINEAR_HZ)) / Math.log(6.4)
const featureOf = (hz: number) => Math.round((melOf(hz) / melOf(8000)) * (FEATURES + 1)) - 1

/**
 * The smallest model that listens: of the shape of a CTC model of NeMo (features, lengths; log
 * probabilities of each frame). A frame whose loudest band is a word's tone gives that word, others blank.
 */
export function toneCtcModel(): Uint8Array {
  const tokens = WORDS.length + 1
  const weights = Array.from({ length: FEATURES * tokens }, (_, at) => {
    const tone = WORDS[at % tokens]
    const isNear = tone && Math.abs(Math.floor(at / tokens) - featureOf(tone.hz)) <= AROUND
    return isNear ? 1 / (2 * AROUND + 1) : 0
  })
  const bias = [...WORDS.map(() => 0), AUDIBLE]
  return onnxModel({
    inputs: [
      input('audio_signal', 'float', ['batch', FEATURES, 'frames']),
      input('length', 'int64', ['batch']),
    ],
    outputs: [output('logprobs', 'float', ['batch', 'frames', tokens])],
    constants: [floats('weights', [FEATURES, tokens], weights), floats('bias', [tokens], bias)],
    nodes: [
      node('Transpose', ['audio_signal'], 'frames_first', { perm: [0, 2, 1] }),
      node('MatMul', ['frames_first', 'weights'], 'bands'),
      node('Add', ['bands', 'bias'], 'likely'),
      node('LogSoftmax', ['likely'], 'logprobs', { axis: -1 }),
    ],
    metadata: {
      model_type: 'EncDecCTCModelBPE',
      vocab_size: WORDS.length,
      subsampling_factor: 1,
      normalize_type: '',
    },
  })
}

/** A model folder as an operator would put it there; `words` for those of `WORDS`. */
export async function writeToneCtc(
  folder: string,
  words: readonly string[] = WORDS.map(({ word }) => word),
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), toneCtcModel())
  const lines = [...words.map((word) => `\u2581${word}`), '<blk>'].map(
    (token, id) => `${token} ${id}\n`,
  )
  await writeFile(join(folder, 'tokens.txt'), lines.join(''))
}
