import { keyTones } from '../words/keypad.ts'
import { type Note, type SoundName, scoreOf } from './schedule.ts'

/** Plays the phone's own sounds; one score at a time, key tones beside it. */
export interface Player {
  /** Undefined: silence. The same sound again goes on as it is. */
  play(sound: SoundName | undefined, volume: number): void
  /** Once, over what is played. */
  blip(sound: SoundName, volume: number): void
  keyTone(key: string): void
  /** Which speaker, where the browser can choose one. */
  setSpeaker(deviceId: string): void
  /** After a click or a key: before, browsers let no page sound. */
  unlock(): void
}

export function createPlayer(): Player {
  let context: AudioContext | undefined
  let speakerId = ''
  let playing:
    | { sound: SoundName; gain: GainNode; timer: ReturnType<typeof setInterval> | undefined }
    | undefined

  const audio = (): AudioContext => {
    if (context === undefined) {
      context = new AudioContext()
      route(context, speakerId)
    }
    return context
  }

  const stop = (): void => {
    if (playing === undefined) return
    clearInterval(playing.timer)
    const { gain } = playing
    gain.gain.setTargetAtTime(0, audio().currentTime, 0.02)
    setTimeout(() => gain.disconnect(), 200)
    playing = undefined
  }

  const start = (sound: SoundName, volume: number): void => {
    const score = scoreOf(sound)
    const gain = output(audio(), volume)
    // While the browser allows no sound its clock stands: what is written then would sound all at once later.
    const round = (): void => {
      if (audio().state === 'running') playNotes(audio(), gain, score.notes)
    }
    const begin = (): void => {
      if (playing?.gain === gain) round()
    }
    audio()
      .resume()
      .then(begin, () => undefined)
    const timer = score.everyS === undefined ? undefined : setInterval(round, score.everyS * 1000)
    playing = { sound, gain, timer }
  }

  return {
    play(sound, volume) {
      if (sound === playing?.sound) {
        playing?.gain.gain.setTargetAtTime(loudness(volume), audio().currentTime, 0.02)
        return
      }
      stop()
      if (sound !== undefined) start(sound, volume)
    },
    blip: (sound, volume) => playNotes(audio(), output(audio(), volume), scoreOf(sound).notes),
    keyTone(key) {
      const hz = keyTones(key)
      if (hz === undefined) return
      playNotes(audio(), output(audio(), 1), [{ hz, atS: 0, lengthS: 0.12, gain: 0.12 }])
    },
    setSpeaker(deviceId) {
      speakerId = deviceId
      if (context !== undefined) route(context, deviceId)
    },
    unlock() {
      audio()
        .resume()
        .catch(() => undefined)
    },
  }
}

/** Ears hear loudness by ratio: the middle of the slider is about a quarter of the amplitude. */
const loudness = (volume: number): number => volume * volume

function output(context: AudioContext, volume: number): GainNode {
  const gain = context.createGain()
  gain.gain.value = loudness(volume)
  gain.connect(context.destination)
  return gain
}

function playNotes(context: AudioContext, to: GainNode, notes: readonly Note[]): void {
  const startS = context.currentTime + 0.02
  for (const note of notes) {
    const envelope = context.createGain()
    const [fromS, untilS] = [startS + note.atS, startS + note.atS + note.lengthS]
    envelope.gain.setValueAtTime(0, fromS)
    envelope.gain.linearRampToValueAtTime(note.gain, fromS + 0.012)
    envelope.gain.setValueAtTime(note.gain, Math.max(fromS + 0.012, untilS - 0.06))
    envelope.gain.linearRampToValueAtTime(0, untilS)
    envelope.connect(to)
    for (const hz of note.hz) {
      const wave = new OscillatorNode(context, { frequency: hz })
      wave.connect(envelope)
      wave.start(fromS)
      wave.stop(untilS + 0.02)
    }
  }
}

/** Chromium can send a whole AudioContext to one speaker; elsewhere the default one is used. */
function route(context: AudioContext, deviceId: string): void {
  if (!('setSinkId' in context) || typeof context.setSinkId !== 'function') return
  const done: unknown = context.setSinkId(deviceId)
  if (done instanceof Promise) done.catch(() => undefined)
}
