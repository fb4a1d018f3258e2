import { byId, element } from './dom.js'
import { savedKey } from './key.js'

const place = byId('docs')
const path = place.dataset.document

/** The page says this itself, and there is one server only. */
const nothing = () => () => null
const leftOut = { InfoContainer: nothing, ServersContainer: nothing }

const dark = matchMedia('(prefers-color-scheme: dark)')
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', followScheme)
followScheme()

try {
  show(await documentAt(path))
} catch (error) {
  const text = `The document ${path} can't be shown: ${error.message}`
  place.replaceChildren(element('p', { class: 'fault', role: 'alert' }, text))
}

/** Requests that are tried out go to where this page came from, by whatever name that was reached. */
async function documentAt(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`the engine says ${response.status}`)
  return { ...(await response.json()), servers: [{ url: location.origin }] }
}

function show(spec) {
  const ui = window.SwaggerUIBundle({
    spec,
    domNode: place,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: null,
    plugins: [() => ({ wrapComponents: leftOut })],
    onComplete: () => useKey(ui, spec.components.securitySchemes),
  })
}

/** The key that was given on another page of ours is good here too, in the first place it may stand in. */
function useKey(ui, schemes) {
  const key = savedKey()
  const [first] = Object.entries(schemes)
  if (!key || first === undefined || !place.dataset.takes.split(' ').includes('key')) return
  const [name, { scheme }] = first
  if (scheme === 'basic') ui.preauthorizeBasic(name, key, '')
  else ui.preauthorizeApiKey(name, key)
}
