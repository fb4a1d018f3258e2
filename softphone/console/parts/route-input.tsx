import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isObject, type Json, objectOf, text } from '../api/json.ts'

interface RouteInputProps {
  readonly shared: { readonly id: string; readonly 'aria-describedby'?: string | undefined }
  /** JSON, as the API has it. */
  readonly value: string
  readonly onInput: (value: string) => void
}

const kinds = {
  device: { says: 'rings a device', label: 'User name of the device', example: '1001' },
  number: { says: 'goes on to a number', label: 'Number', example: '+61412345678' },
  queue: { says: 'waits in a queue', label: 'Name of the queue', example: 'support' },
  url: { says: 'asks an address what to do', label: 'Address', example: 'https://…' },
  conference: { says: 'joins a conference', label: 'Name of the conference', example: 'Monday' },
  verbs: { says: 'does what is written here', label: 'Verbs (JSON)', example: '' },
} as const
type Kind = keyof typeof kinds
const names = Object.keys(kinds) as Kind[]

/** What a number does: one of a few things, each with one value. What else a route has stays. */
export function RouteInput({ shared, value, onInput }: RouteInputProps): JSX.Element {
  const route = routeIn(value)
  const [kind, setKind] = useState<Kind>(() => names.find((name) => name in route) ?? 'device')
  const { label, example } = kinds[kind]
  const valueId = `${shared.id}-value`
  return (
    <div class="route-input">
      <select
        {...shared}
        value={kind}
        onChange={({ currentTarget }) => {
          const next = names.find((name) => name === currentTarget.value) ?? 'device'
          setKind(next)
          onInput('')
        }}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {kinds[name].says}
          </option>
        ))}
      </select>
      <label for={valueId}>{label}</label>
      {kind === 'verbs' ? (
        <textarea
          id={valueId}
          required
          rows={6}
          spellcheck={false}
          defaultValue={route['verbs'] === undefined ? '' : JSON.stringify(route['verbs'], null, 2)}
          placeholder='[{"verb": "say", "text": "We are closed."}]'
          onInput={({ currentTarget }) => onInput(`{"verbs": ${currentTarget.value || 'null'}}`)}
        />
      ) : (
        <input
          id={valueId}
          type="text"
          required
          autocomplete="off"
          spellcheck={false}
          placeholder={example}
          value={kind === 'conference' ? text(objectOf(route[kind]), 'name') : text(route, kind)}
          onInput={({ currentTarget }) =>
            onInput(JSON.stringify(withValue(route, kind, currentTarget.value.trim())))
          }
        />
      )}
    </div>
  )
}

function withValue(route: Json, kind: Kind, value: string): Json {
  if (kind !== 'conference') return { ...route, [kind]: value }
  // as it is shown: that there is a PIN can not be sent back
  const { has_pin: _, has_moderator_pin: _also, ...options } = objectOf(route['conference'])
  return { conference: { ...options, name: value } }
}

function routeIn(value: string): Json {
  try {
    const read: unknown = JSON.parse(value)
    return isObject(read) ? read : {}
  } catch {
    return {}
  }
}
