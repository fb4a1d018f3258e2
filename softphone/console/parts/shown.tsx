import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { labelOf } from '../api/form-fields.ts'

/** A value to be copied. */
export function Shown({
  label,
  value,
}: {
  readonly label: string
  readonly value: string
}): JSX.Element {
  const [isCopied, setCopied] = useState(false)
  const copy = () => {
    navigator.clipboard?.writeText(value).then(
      () => setCopied(true),
      () => undefined,
    )
  }
  return (
    <div class="shown">
      <span class="muted">{labelOf(label)}</span>
      <code>{value}</code>
      <Button onClick={copy}>{isCopied ? 'Copied' : 'Copy'}</Button>
    </div>
  )
}
