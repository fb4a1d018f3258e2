import { byId } from './dom.js'

const slot = 'ringdown.key'

export const savedKey = () => sessionStorage.getItem(slot)
export const forgetKey = () => sessionStorage.removeItem(slot)

/** An answer that is not 2xx; `status` 401 means that the key is wrong. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** Asks the API with the user's key. Throws Refusal. */
export async function ask(path, { key = savedKey(), ...init } = {}) {
  const response = await fetch(path, { ...init, headers: { ...init.headers, 'X-API-Key': key } })
  if (response.ok) return response
  const body = await response.json().catch(() => undefined)
  throw new Refusal(response.status, body?.error?.message ?? `The engine says ${response.status}`)
}

export const askJson = async (path, init) => (await ask(path, init)).json()

/** Puts the form for the key into a place; `then` runs when a key was tried and found good. */
export function askForKey(place, then, fault) {
  place.replaceChildren(byId('key-form').content.cloneNode(true))
  const form = place.querySelector('form')
  const told = form.querySelector('.fault')
  const tell = (text) => {
    told.textContent = text
    told.hidden = text === ''
  }
  tell(fault ?? '')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const key = form.elements.key.value.trim()
    tell('')
    askJson('/v1/voice/calls?page_size=1', { key }).then(
      () => {
        sessionStorage.setItem(slot, key)
        then()
      },
      (error) => tell(error.message),
    )
  })
}
