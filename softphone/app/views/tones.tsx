import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { useApp } from '../parts/context.ts'
import { Pad } from '../parts/pad.tsx'
import type { CallView } from '../store/call-view.ts'
import { isPadKey } from '../words/keypad.ts'

/** Digits into the call, by click or keyboard; what was sent stands above. */
export function Tones({ call: { id } }: { call: CallView }): JSX.Element {
  const { calls, notices, player, settings } = useApp()
  const sent = useSignal('')
  const send = (key: string): void => {
    if (settings.now.peek().keyTones) player.keyTone(key)
    sent.value += key
    notices.attempt(() => calls.sendDigits(id, key))
  }
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const inField = event.target instanceof Element && event.target.closest('input, select')
      if (inField || event.altKey || event.ctrlKey || event.metaKey || event.key === '+') return
      if (isPadKey(event.key)) send(event.key)
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  })
  return (
    <div class="panel tones">
      <output class="sent-digits" aria-label="Digits sent">
        {sent.value.slice(-24)}
      </output>
      <Pad label="Digits to send" onKey={send} />
    </div>
  )
}
