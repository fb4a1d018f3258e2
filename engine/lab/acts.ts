import { ToneGenerator } from '../dsp/tone-generator.ts'
import { TONES } from '../dsp/tones.ts'
import type { Phone } from './phone.ts'
import type { LabAct, LabSound } from './plan.ts'

/** One answered call at a lab phone. */
export interface Line {
  readonly phone: Phone
  readonly sounds: Readonly<Record<LabSound, Int16Array>>
  /** Aborts when the other side hung up. */
  readonly over: AbortSignal
  pressByInfo(key: string): void
}

/** Longer than a pause between two sentences. */
const promptEndsAfterMs = 420
const pollMs = 20
const repeatMs = 2_000

const pause = (line: Line, durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    if (line.over.aborted) {
      resolve()
      return
    }
    const timer = setTimeout(done, durationMs)
    function done(): void {
      clearTimeout(timer)
      line.over.removeEventListener('abort', done)
      resolve()
    }
    line.over.addEventListener('abort', done, { once: true })
  })

const untilOver = (line: Line): Promise<void> =>
  new Promise((resolve) => {
    if (line.over.aborted) resolve()
    else line.over.addEventListener('abort', () => resolve(), { once: true })
  })

/** What an answered lab phone does; the call is hung up when it returns. */
export async function perform(act: LabAct, line: Line): Promise<void> {
  switch (act.is) {
    case 'pressAfterPrompt':
      return beAgent(act.key, act.by, line)
    case 'speakAndHangUp':
      await pause(line, 300)
      await line.phone.speak(line.sounds[act.sound])
      return pause(line, 500)
    case 'callBack':
      await pause(line, 300)
      await line.phone.speak(line.sounds.lead)
      return pause(line, 500)
    case 'echo':
      line.phone.lossPercent = act.lossPercent
      line.phone.echo()
      return untilOver(line)
    case 'answeringMachine':
      return beAnsweringMachine(line)
    case 'listen':
      await pause(line, 300)
      await line.phone.speak(line.sounds.hello)
      return untilOver(line)
    case 'refuse':
    case 'ring':
      return
  }
}

/** Waits for the prompt's end (speech, then silence), presses, and talks from then on. */
async function beAgent(key: string, by: 'rtp' | 'info', line: Line): Promise<void> {
  while (!line.over.aborted && (line.phone.silentForMs() ?? 0) < promptEndsAfterMs) {
    await pause(line, pollMs)
  }
  if (by === 'info') line.pressByInfo(key)
  else line.phone.press(key)
  while (!line.over.aborted) {
    await pause(line, repeatMs)
    await line.phone.speak(line.sounds.agent)
  }
}

async function beAnsweringMachine(line: Line): Promise<void> {
  await pause(line, 300)
  await line.phone.speak(line.sounds.greeting)
  const beep = new Int16Array(3_200)
  new ToneGenerator(TONES.beep).next(beep, 0, beep.length)
  await line.phone.speak(beep)
  return untilOver(line)
}
