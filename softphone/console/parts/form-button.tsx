import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { type Json, objectOf } from '../api/json.ts'
import { useClient, useMay } from '../context.ts'
import { Dialog } from './dialog.tsx'
import { SchemaForm } from './schema-form.tsx'
import { Shown } from './shown.tsx'

interface FormButtonProps {
  readonly word: string
  /** Of the dialog, and of the button where its word alone does not say of what it is. */
  readonly title?: string
  readonly operation: string
  readonly params?: Readonly<Record<string, string>>
  readonly kind?: 'plain' | 'primary'
  readonly before?: Json
  readonly start?: Json
  readonly fixed?: Json
  readonly done: () => void
  /** What of the answer is told once, name and value. */
  toldOnce?(made: Json): readonly (readonly [name: string, value: string])[]
  /** Above the form. */
  readonly children?: ComponentChildren
}

type Told = readonly (readonly [name: string, value: string])[]

/** A button that opens the form of an operation of the API, and shows what it answers when that is told once. */
export function FormButton(props: FormButtonProps): JSX.Element | null {
  const { word, title = word, operation, params = {}, kind = 'plain', done, children } = props
  const { before, start, fixed, toldOnce } = props
  const client = useClient()
  const may = useMay()
  const [open, setOpen] = useState<'form' | Told>()
  const close = () => setOpen(undefined)
  const send = async (body: Record<string, unknown>): Promise<void> => {
    const made = await client.ask(operation, { params, body })
    const told = toldOnce?.(objectOf(made)) ?? []
    setOpen(told.length > 0 ? told : undefined)
    done()
  }
  if (!may(operation)) return null
  return (
    <>
      <Button kind={kind} label={props.title} onClick={() => setOpen('form')}>
        {word}
      </Button>
      {open === 'form' && (
        <Dialog title={title} onClose={close}>
          {children}
          <SchemaForm
            schema={client.operations.get(operation)?.body}
            {...{ before, start, fixed, send }}
            submitWord={word}
          />
        </Dialog>
      )}
      {open !== undefined && open !== 'form' && <CopyNow told={open} onClose={close} />}
    </>
  )
}

/** Secrets that are shown this once. */
export function CopyNow({ told, onClose }: { told: Told; onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Copy this now" onClose={onClose}>
      <p class="muted">It is not shown again.</p>
      {told.map(([name, value]) => (
        <Shown key={name} label={name} value={value} />
      ))}
    </Dialog>
  )
}
