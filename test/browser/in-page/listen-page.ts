/** Runs inside the real page: an ear at what its user hears, driven by `globalThis.pageEar`. */
import { Ear } from './ear.ts'

/** What the page's own sounds (ring tone, key tones) are sent to besides the speaker. */
const ownSounds = new Map<BaseAudioContext, MediaStreamAudioDestinationNode>()

AudioNode.prototype.connect = new Proxy(AudioNode.prototype.connect, {
  apply(connect, node: AudioNode, args: readonly unknown[]) {
    const { context } = node
    const isHeard = args[0] === context.destination
    // The ear itself runs at a telephone's rate.
    if (isHeard && context instanceof AudioContext && context.sampleRate > 8000) {
      const tap = ownSounds.get(context) ?? context.createMediaStreamDestination()
      ownSounds.set(context, tap)
      Reflect.apply(connect, node, [tap])
    }
    return Reflect.apply(connect, node, args)
  },
})

export class PageEar {
  readonly ear = new Ear()

  /** Keeps from now on what the page plays of its newest call that is not held; false: it plays none yet. */
  listen(): boolean {
    const heard = [...document.querySelectorAll('audio')].filter(({ muted }) => !muted)
    const stream = heard.at(-1)?.srcObject
    if (!(stream instanceof MediaStream)) return false
    this.ear.listen(stream)
    return true
  }

  /** Keeps from now on the sounds that the page makes by itself; false: it has made none yet. */
  listenToPage(): boolean {
    const [tap] = ownSounds.values()
    if (tap === undefined) return false
    this.ear.listen(tap.stream)
    return true
  }
}

declare global {
  var pageEar: PageEar
}
globalThis.pageEar = new PageEar()
