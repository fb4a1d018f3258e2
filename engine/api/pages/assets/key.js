import { byId } from './dom.js'

const slot = 'ringdown.key'

/** Somebody is signed in to the console: the browser sends that by itself. */
let isSignedIn = false
let mayBeSignedIn = true

/** '' stands for who is signed in to the console; null: nobody is known. */
export const savedKey = () => sessionStorage.getItem(slot) ?? (isSignedIn ? '' : null)

export function forgetKey() {
  sessionStorage.removeItem(slot)
  isSignedIn = false
  mayBeSignedIn = false
}

/** An answer that is not 2xx; `status` 401 means that the key is wrong. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** Asks the API with the user's key, or as who is signed in to the console. Throws Refusal. */
export async function ask(path, { key = savedKey(), ...init } = {}) {
  const credential = key === '' ? { 'X-Ringdown-Session': 'page' } : { 'X-API-Key': key }
  const response = await fetch(path, { ...init, headers: { ...init.headers, ...credential } })
  if (response.ok) return response
  const body = await response.json().catch(() => undefined)
  throw new Refusal(response.status, body?.error?.message ?? `The engine says ${response.status}`)
}

export const askJson = async (path, init) => (await ask(path, init)).json()

const probe = '/v1/voice/calls?page_size=1'

/** Whoever is signed in to the console is not asked. `then` runs when it is known who it is. */
export function askForKey(place, then, fault) {
  if (!mayBeSignedIn || fault !== undefined) {
    showForm(place, then, fault)
    return
  }
  mayBeSignedIn = false
  askJson(probe, { key: '' }).then(
    () => {
      isSignedIn = true
      then()
    },
    () => showForm(place, then),
  )
}

/** Puts the form for the key into a place. */
function showForm(place, then, fault) {
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
    askJson(probe, { key }).then(
      () => {
        sessionStorage.setItem(slot, key)
        then()
      },
      (error) => tell(error.message),
    )
  })
}
