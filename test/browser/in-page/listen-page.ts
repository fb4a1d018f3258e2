/** Runs inside the real page: an ear at what its user hears, driven by `globalThis.pageEar`. */
import { Ear } from './ear.ts'

export class PageEar {
  readonly ear = new Ear()

  /** Keeps from now on what the page plays of its newest call that is not held. */
  listen(): void {
    const heard = [...document.querySelectorAll('audio')].filter(({ muted }) => !muted)
    const stream = heard.at(-1)?.srcObject
    if (!(stream instanceof MediaStream)) throw new Error('the page plays no call')
    this.ear.listen(stream)
  }
}

declare global {
  var pageEar: PageEar
}
globalThis.pageEar = new PageEar()
