import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { type Json, objectOf, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Act } from '../parts/act.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { CopyNow } from '../parts/form-button.tsx'

type Told = readonly (readonly [name: string, value: string])[]

/** A test event, and another secret. */
export function WebhookActions({ webhook }: { readonly webhook: Json }): JSX.Element {
  const client = useClient()
  const [open, setOpen] = useState<'rotate' | Told>()
  const params = { webhook_id: text(webhook, 'id') }
  return (
    <>
      <Act
        word="Test"
        operation="testWebhook"
        act={async () => {
          await client.ask('testWebhook', { params })
          location.hash = '#/deliveries'
        }}
      />
      <Act word="New secret" operation="rotateWebhookSecret" act={async () => setOpen('rotate')} />
      {open === 'rotate' && (
        <Confirm
          title="Give it another secret?"
          says="The old one signs for a day longer, beside the new one."
          word="New secret"
          onClose={() => setOpen(undefined)}
          act={async () => {
            const made = await client.ask('rotateWebhookSecret', { params, body: {} })
            setOpen([['signing_secret', text(objectOf(made), 'secret')]])
          }}
        />
      )}
      {open !== undefined && open !== 'rotate' && (
        <CopyNow told={open} onClose={() => setOpen(undefined)} />
      )}
    </>
  )
}

/** Another password, which the phone needs from then on. */
export function RenewPassword({ device }: { readonly device: Json }): JSX.Element {
  const client = useClient()
  const [open, setOpen] = useState<'ask' | Told>()
  return (
    <>
      <Act word="New password" operation="renewDevicePassword" act={async () => setOpen('ask')} />
      {open === 'ask' && (
        <Confirm
          title={`Another password for ${text(device, 'username')}?`}
          says="The one that it has now is refused from then on."
          word="New password"
          onClose={() => setOpen(undefined)}
          act={async () => {
            const params = { device_id: text(device, 'id') }
            const made = await client.ask('renewDevicePassword', { params })
            setOpen([['password', text(objectOf(made), 'password')]])
          }}
        />
      )}
      {open !== undefined && open !== 'ask' && (
        <CopyNow told={open} onClose={() => setOpen(undefined)} />
      )}
    </>
  )
}
