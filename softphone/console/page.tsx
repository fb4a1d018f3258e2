import type { JSX } from 'preact'
import { useConsole } from './context.ts'
import { Gate } from './gate.tsx'
import { Shell } from './shell.tsx'

export function Page(): JSX.Element {
  return useConsole().session.value.at === 'in' ? <Shell /> : <Gate />
}
