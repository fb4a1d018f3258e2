import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import { peak } from '../dsp/levels.ts'
import type { WantedPrompt } from './arguments.ts'
import { LevelMeter, timeText } from './meter.ts'
import { pictureOf } from './picture.ts'
import { playFile } from './play-file.ts'
import { openRecorder, type RecorderOptions, type RunningRecorder } from './recorder.ts'
import { checkFree, savePrompt } from './save-prompt.ts'
import { soundIn } from './trim.ts'

/** Wideband phones and browsers hear it as it was spoken; others get it at 8 kHz. */
export const promptRateHz = 16_000

export interface PromptStudio {
  readonly dataDir: string
  readonly recorder: Omit<RecorderOptions, 'rateHz' | 'clock'>
  readonly clock: Clock
  /** Where it is shown: a terminal's line can be written over. */
  readonly screen: { readonly isTerminal: boolean; write(text: string): void }
  /** Resolves when whoever speaks is done (Ctrl-C); again for each further time. */
  done(): Promise<void>
}

const meterEveryMs = { onTerminal: 100, inLog: 1000 }

/**
 * Records a prompt until it is done, as long as may be, or the recorder program ends; cuts the silence off,
 * stores it, shows what it is like and plays it. Resolves to its path. Failures `already_exists`,
 * `microphone_unavailable`, and `invalid_audio` when only silence was heard: then nothing is stored.
 */
export async function recordPrompt(studio: PromptStudio, wanted: WantedPrompt): Promise<string> {
  const { dataDir, screen } = studio
  if (!wanted.replaces) await checkFree(dataDir, wanted.name)
  const take = await recordTake(studio, wanted)
  const sound = soundIn(take.pcm, promptRateHz, wanted.soundAboveDbfs)
  if (!sound) throw new Failure('invalid_audio', onlySilence(take.pcm, wanted))
  const pcm = take.pcm.subarray(sound.from, sound.to)
  const path = await savePrompt(
    dataDir,
    wanted.name,
    { pcm, rateHz: promptRateHz },
    wanted.replaces,
  )
  screen.write(`${reportOf(pcm, take.pcm.length)}\nstored ${path}\n`)
  screen.write(`calls play it by the URL prompt:${wanted.name}\n`)
  if (wanted.playsBack) await playBack(studio, path)
  return path
}

function onlySilence(pcm: Int16Array, { soundAboveDbfs }: WantedPrompt): string {
  const what = `only silence was heard: nothing over ${soundAboveDbfs} dBFS, and its peak is ${peakText(pcm)}`
  return `${what}; is the microphone muted, or is it another one (--device)? Nothing was stored.`
}

async function recordTake(
  { recorder: options, clock, screen, done }: PromptStudio,
  wanted: WantedPrompt,
): Promise<{ pcm: Int16Array }> {
  const meter = new LevelMeter(promptRateHz)
  const parts: Int16Array[] = []
  const full = Promise.withResolvers<void>()
  // Before the recorder is started: who gives up while it wakes up shall not have to wait.
  const stopped = done()
  const opening = openRecorder({ ...options, rateHz: promptRateHz, clock }, (pcm) => {
    parts.push(pcm)
    meter.take(pcm)
    if (meter.elapsedMs >= wanted.longestMs) full.resolve()
  })
  const recorder = await opening
  screen.write(`recording with ${recorder.program}; Ctrl-C ends it\n`)
  const hide = showMeter(clock, screen, meter)
  // Ctrl-C reaches the recorder program too, which may be faster.
  let isStopped = false
  void stopped.then(() => {
    isStopped = true
  })
  const words = await Promise.race([stopped, full.promise, recorder.ended])
  await close(recorder, screen)
  hide()
  if (words && !isStopped) screen.write(`the recorder program ended: ${words}\n`)
  return { pcm: joined(parts, Math.round((wanted.longestMs * promptRateHz) / 1000)) }
}

async function close(recorder: RunningRecorder, screen: PromptStudio['screen']): Promise<void> {
  await recorder.close()
  if (screen.isTerminal) screen.write('\n')
}

/** Draws the meter again and again; what it returns ends that. */
function showMeter(clock: Clock, screen: PromptStudio['screen'], meter: LevelMeter): () => void {
  const everyMs = screen.isTerminal ? meterEveryMs.onTerminal : meterEveryMs.inLog
  const draw = () => {
    screen.write(screen.isTerminal ? `\r${meter.line()}` : `${meter.line().trimEnd()}\n`)
    disarm = clock.after(everyMs, draw)
  }
  let disarm = clock.after(everyMs, draw)
  return () => disarm()
}

function joined(parts: readonly Int16Array[], most: number): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all.subarray(0, most)
}

function reportOf(pcm: Int16Array, recordedSamples: number): string {
  const [kept, recorded] = [pcm.length, recordedSamples].map((samples) =>
    timeText((samples * 1000) / promptRateHz),
  )
  const clipped = peak(pcm) >= 32_767 ? '; CLIPPED: speak more softly or further away' : ''
  return `${pictureOf(pcm)}\n${kept} of ${recorded} kept, peak ${peakText(pcm)}${clipped}`
}

function peakText(pcm: Int16Array): string {
  const most = peak(pcm)
  return most === 0 ? 'none at all' : `${(20 * Math.log10(most / 32_768)).toFixed(1)} dBFS`
}

async function playBack({ recorder, screen, done }: PromptStudio, path: string): Promise<void> {
  const end = new AbortController()
  void done().then(() => end.abort())
  const { says } = await playFile(path, recorder.environment, end.signal)
  screen.write(`${says}\n`)
}
