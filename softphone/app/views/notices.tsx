import type { JSX } from 'preact'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Icon } from '../parts/icons.tsx'

/** Short messages, and the line that only screen readers get. */
export function NoticeList(): JSX.Element {
  const { notices } = useApp()
  return (
    <>
      <p class="only-read" aria-live="assertive" data-spoken>
        {notices.spoken.value}
      </p>
      <div class="notices" role="log" aria-label="Messages">
        {notices.shown.value.map(({ id, kind, title, detail }) => (
          <div key={id} class={`notice ${kind}`}>
            <Icon name={kind === 'problem' ? 'warning' : 'check'} size={20} />
            <p>
              <strong>{title}</strong>
              {detail !== '' && <span>{detail}</span>}
            </p>
            <IconButton icon="close" label="Close message" onClick={() => notices.dismiss(id)} />
          </div>
        ))}
      </div>
    </>
  )
}
