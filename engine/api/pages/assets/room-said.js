import { byId, element } from './dom.js'

const mostLines = 3
const shownMs = 15_000

/** One more line about what came of something; read out, and gone after a while. */
export function say(text) {
  const place = byId('said')
  const line = element('p', {}, text)
  place.append(line)
  while (place.childElementCount > mostLines) place.firstElementChild.remove()
  setTimeout(() => line.remove(), shownMs)
}
