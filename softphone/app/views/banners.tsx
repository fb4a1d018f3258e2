import type { ComponentChildren, JSX } from 'preact'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Icon, type IconName } from '../parts/icons.tsx'
import { elsewhereOf } from '../store/elsewhere.ts'
import { takeOver } from '../store/wiring.ts'
import { deviceWords } from '../words/problem.ts'
import { secondsUntil } from '../words/time.ts'
import { Insecure } from './insecure.tsx'

/** What the user must know about the phone as a whole, above every view. */
export function Banners(): JSX.Element {
  return (
    <>
      <Insecure />
      <OtherTab />
      <Offline />
      <OtherPhone />
      <NoMicrophone />
      <NoSound />
    </>
  )
}

interface BannerProps {
  readonly icon: IconName
  readonly title: string
  readonly kind?: 'problem' | 'news'
  readonly children?: ComponentChildren
  readonly action?: ComponentChildren
}

function Banner({ icon, title, kind = 'problem', children, action }: BannerProps): JSX.Element {
  return (
    <section class={`banner ${kind}`} aria-label={title}>
      <Icon name={icon} size={20} />
      <p>
        <strong>{title}</strong>
        {children && <span>{children}</span>}
      </p>
      {action}
    </section>
  )
}

function OtherTab(): JSX.Element | null {
  const { tab } = useApp()
  if (tab.state.value !== 'elsewhere') return null
  const use = <Button onClick={() => tab.claim()}>Use here</Button>
  return (
    <Banner icon="phone" kind="news" title="Your phone is open in another tab" action={use}>
      Only one tab rings. Calls come along when you use it here.
    </Banner>
  )
}

function Offline(): JSX.Element | null {
  const { phone, nowMs } = useApp()
  const connection = phone.connection.value
  if (connection.at !== 'lost') return null
  const left = secondsUntil(connection.nextTryAtMs ?? nowMs.value, nowMs.value)
  return (
    <Banner icon="warning" title="The server can not be reached">
      {left > 0 ? `Next try in ${left} s.` : 'Trying again…'} Calls can not come in until then.
    </Banner>
  )
}

function OtherPhone(): JSX.Element | null {
  const app = useApp()
  const { lists, calls, labelOf, phone } = app
  if (phone.connection.value.at !== 'ready') return null
  const others = elsewhereOf(lists.calls.now.value.rows, calls.views.value)
  return (
    <>
      {others.map((call) => (
        <Banner
          key={call.id}
          icon="phone"
          kind="news"
          title={`Your call with ${labelOf(call.party, call.partyName)} goes on elsewhere`}
          action={
            <Button kind="primary" onClick={() => takeOver(app, [call])}>
              Take over
            </Button>
          }
        >
          On another phone or tab of yours, or waiting for you with music.
        </Banner>
      ))}
    </>
  )
}

function NoMicrophone(): JSX.Element | null {
  const { audio } = useApp()
  if (audio.permission.value !== 'denied') return null
  const { title, detail } = deviceWords['microphone-denied']
  return (
    <Banner icon="micOff" title={title}>
      {detail}
    </Banner>
  )
}

/** After a reload; any click or key lets the phone ring, the one on the button too. */
function NoSound(): JSX.Element | null {
  const { touched, tab } = useApp()
  if (touched.value || tab.state.value !== 'ours') return null
  return (
    <Banner
      icon="volume"
      kind="news"
      title="The phone can not ring yet"
      action={<Button>OK</Button>}
    >
      After a reload the browser wants one click before it plays sounds.
    </Banner>
  )
}
