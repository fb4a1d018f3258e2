import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { bodyOf, type FormField, formFields, shownValue } from '../api/form-fields.ts'
import type { Json } from '../api/json.ts'
import { Problem } from './problem.tsx'
import { RouteInput } from './route-input.tsx'

interface SchemaFormProps {
  readonly schema: Json | undefined
  /** What is to be changed; undefined: something new. */
  readonly before?: Json | undefined
  /** What inputs hold at first, of something that is said anew as a whole. */
  readonly start?: Json | undefined
  /** Is sent, and has no input. */
  readonly fixed?: Json | undefined
  readonly submitWord: string
  readonly send: (body: Record<string, unknown>) => Promise<void>
}

/** A form made of the schema that the engine checks the request by. Rare inputs wait behind "More". */
export function SchemaForm(props: SchemaFormProps): JSX.Element {
  const { schema, before, start, fixed, submitWord, send } = props
  const fields = useMemo(
    () => formFields(schema).filter(({ name }) => fixed?.[name] === undefined),
    [schema],
  )
  const [typed, setTyped] = useState(() => startOf(fields, before ?? start))
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      await send({ ...bodyOf(fields, typed, before), ...fixed })
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  const inputs = (some: readonly FormField[]) =>
    some.map((field) => (
      <Input
        key={field.name}
        field={field}
        value={typed[field.name] ?? ''}
        onInput={(value) => setTyped({ ...typed, [field.name]: value })}
      />
    ))
  const first = fields.filter((field, i) => field.isRequired || i < 4)
  const rest = fields.filter((field) => !first.includes(field))
  return (
    <form class="schema-form" onSubmit={submit}>
      {inputs(first)}
      {rest.length > 0 && (
        <details>
          <summary>More ({rest.length})</summary>
          <div class="schema-form">{inputs(rest)}</div>
        </details>
      )}
      {problem !== undefined && <Problem problem={problem} />}
      <Button kind="primary" type="submit" disabled={isBusy}>
        {isBusy ? 'Sending…' : submitWord}
      </Button>
    </form>
  )
}

const startOf = (fields: readonly FormField[], before: Json | undefined): Record<string, string> =>
  Object.fromEntries(
    fields.map(({ name, otherwise }) => [name, before ? shownValue(before[name]) : otherwise]),
  )

interface InputProps {
  readonly field: FormField
  readonly value: string
  readonly onInput: (value: string) => void
}

function Input({ field, value, onInput }: InputProps): JSX.Element {
  const id = `field-${field.name}`
  const hintId = field.hint === '' ? undefined : `${id}-hint`
  if (field.kind === 'choices') return <Choices {...{ field, value, onInput }} />
  return (
    <div class="field">
      <label for={id}>
        {field.label}
        {field.isRequired && <span class="muted"> (needed)</span>}
      </label>
      <Control {...{ id, hintId, field, value, onInput }} />
      {field.hint !== '' && (
        <p class="hint" id={hintId}>
          {field.hint}
        </p>
      )}
    </div>
  )
}

/** Several of a few words; none of them is said as null where that may be. */
function Choices({ field, value, onInput }: InputProps): JSX.Element {
  const chosen = value.split(', ').filter((one) => one !== '')
  return (
    <fieldset class="field">
      <legend>{field.label}</legend>
      <div class="choices">
        {field.choices.map((one) => (
          <label key={one}>
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              onChange={({ currentTarget: { checked } }) =>
                onInput(
                  (checked ? [...chosen, one] : chosen.filter((name) => name !== one)).join(', '),
                )
              }
            />
            {one}
          </label>
        ))}
      </div>
      {field.hint !== '' && <p class="hint">{field.hint}</p>}
    </fieldset>
  )
}

type ControlProps = InputProps & { readonly id: string; readonly hintId: string | undefined }

function Control({ id, hintId, field, value, onInput }: ControlProps): JSX.Element {
  const { kind, isRequired, name, least, most } = field
  const shared = { id, name, required: isRequired, 'aria-describedby': hintId } as const
  if (kind === 'choice' || kind === 'switch')
    return (
      <select {...shared} value={value} onChange={(event) => onInput(event.currentTarget.value)}>
        {(!isRequired || value === '') && <option value="">—</option>}
        {(kind === 'switch' ? ['true', 'false'] : field.choices).map((one) => (
          <option key={one} value={one}>
            {kind === 'switch' ? (one === 'true' ? 'yes' : 'no') : one}
          </option>
        ))}
      </select>
    )
  if (kind === 'route') return <RouteInput {...{ shared, value, onInput }} />
  if (kind === 'json' || kind === 'lines')
    return (
      <textarea
        {...shared}
        rows={4}
        spellcheck={false}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    )
  const input = {
    ...shared,
    autocomplete: 'off',
    spellcheck: false,
    value,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
  } as const
  if (kind === 'secret') return <input type="password" {...input} />
  if (kind !== 'number') return <input type="text" {...input} />
  return (
    <input
      type="number"
      {...input}
      step={field.isWhole ? 1 : 'any'}
      {...(least !== undefined && { min: least })}
      {...(most !== undefined && { max: most })}
    />
  )
}
