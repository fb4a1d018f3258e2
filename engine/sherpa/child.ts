/**
 * The process that holds the models, started by `SherpaProcess`. The package ends its process when a model
 * is not to its liking, and a sentence may take it long: neither may touch the calls.
 * Arguments: how many models stay loaded.
 */
import sherpa, { type OfflineRecognizer, type OfflineTts } from 'sherpa-onnx-node'
import type { FromChild, Job, Model, ToChild, Yield } from './jobs.ts'
import { LoadedModels } from './loaded-models.ts'

const keep = Number(process.argv[2] ?? 1)
const collect = (): void => globalThis.gc?.()
const voices = new LoadedModels<OfflineTts>(keep, collect)
const listeners = new LoadedModels<OfflineRecognizer>(keep, collect)

const waiting = new Map<number, Job>()
let running: { readonly job: number; isWanted: boolean } | undefined

const tell = (message: FromChild): void => {
  if (process.connected) process.send?.(message)
}
const tellYield = (job: number, made: Yield): void => tell({ job, tells: 'yield', yield: made })

const loadVoice = ({ key, config }: Model) =>
  voices.take(key, () => sherpa.OfflineTts.createAsync(config))
const loadListener = ({ key, config }: Model) =>
  listeners.take(key, () => sherpa.OfflineRecognizer.createAsync(config))

async function speak(
  run: { readonly job: number; readonly isWanted: boolean },
  { model, text, speaker, speed }: Job & { do: 'speak' },
): Promise<void> {
  const voice = await loadVoice(model)
  const rateHz = voice.sampleRate
  await voice.generateAsync({
    text,
    sid: speaker,
    speed,
    enableExternalBuffer: false,
    onProgress({ samples }) {
      if (run.isWanted) tellYield(run.job, { is: 'sound', samples: toPcm(samples), rateHz })
      return run.isWanted ? 1 : 0
    },
  })
}

async function listen(
  job: number,
  { model, samples, rateHz }: Job & { do: 'listen' },
): Promise<void> {
  const listener = await loadListener(model)
  const stream = listener.createStream()
  const floats = Float32Array.from(samples, (sample) => sample / 32_768)
  stream.acceptWaveform({ samples: floats, sampleRate: rateHz })
  const heard = await listener.decodeAsync(stream)
  const { text, lang = '', tokens = [], timestamps = [], ys_log_probs = [] } = heard
  const atMs = timestamps.map((seconds) => Math.round(seconds * 1000))
  tellYield(job, {
    ...{ is: 'heard', text: text.trim(), language: lang, tokens, atMs },
    logProbabilities: ys_log_probs,
  })
}

const toPcm = (floats: Float32Array): Int16Array =>
  Int16Array.from(floats, (value) =>
    Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))),
  )

/** One after the other: the package uses its threads for one. */
async function work(): Promise<void> {
  for (const [job, order] of waiting) {
    waiting.delete(job)
    running = { job, isWanted: true }
    tell({ job, tells: 'begun' })
    try {
      await (order.do === 'speak' ? speak(running, order) : listen(job, order))
      tell({ job, tells: 'done' })
    } catch (error) {
      tell({ job, tells: 'failed', why: error instanceof Error ? error.message : String(error) })
    }
  }
  running = undefined
}

process.on('message', ({ job, order }: ToChild) => {
  if (order === undefined) {
    waiting.delete(job)
    if (running?.job === job) running.isWanted = false
    return
  }
  waiting.set(job, order)
  if (running === undefined) void work()
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0))
