import { byId, element } from './dom.js'
import { minutes, when } from './format.js'
import { ask } from './key.js'

const words = { 'in-progress': 'Is being recorded', failed: 'Failed' }

/** The recordings of a conference, of all or of one member, to be kept. `nameOf` says who a call is. */
export function showRecordings(recordings, nameOf, fail) {
  byId('recordings').hidden = recordings.length === 0
  byId('recording-list').replaceChildren(
    ...recordings.map((recording) => {
      const { id, call_id, status, duration, date_created } = recording
      const who = call_id === null ? 'Everybody' : (nameOf(call_id) ?? 'One member')
      const length = duration === null ? '' : minutes(duration)
      const about = [who, when(date_created), length].filter(Boolean).join(' · ')
      const button = element('button', { type: 'button', class: 'quiet' }, 'Download')
      button.setAttribute('aria-label', `Download ${about}`)
      button.addEventListener('click', () => void download(id).catch(fail))
      const word = element('span', { class: 'chip' }, words[status] ?? status)
      const told = element('span', {}, about)
      return element('p', { class: 'row' }, told, status === 'completed' ? button : word)
    }),
  )
}

/** A link can't send the key. */
async function download(id) {
  const file = await ask(`/v1/voice/recordings/${id}/media`)
  const href = URL.createObjectURL(await file.blob())
  element('a', { href, download: `recording-${id}.wav` }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}
