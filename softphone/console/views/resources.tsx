import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, IconButton } from '../../app/parts/button.tsx'
import { type Json, objectOf, rows, text } from '../api/json.ts'
import { useClient, useMay } from '../context.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { CopyNow } from '../parts/form-button.tsx'
import { SchemaForm } from '../parts/schema-form.tsx'
import { Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'
import { type Resource, resources } from './resource-list.tsx'

export { resources }

type Open =
  | { readonly is: 'create' }
  | { readonly is: 'change' | 'remove'; readonly row: Json }
  | { readonly is: 'made'; readonly told: readonly (readonly [name: string, value: string])[] }
  | undefined

/** All objects of one kind: listed, made, changed, removed, by the operations of the API. */
export function ResourceView({ resource }: { readonly resource: Resource }): JSX.Element {
  const client = useClient()
  const { operations: ids } = resource
  const asked = useAsked(
    async () => rows(await client.ask(ids.list, { query: resource.query ?? {} }), resource.listed),
    [resource.name],
    { everyMs: resource.everyMs ?? 15_000, ...(resource.at && { at: resource.at }) },
  )
  const [open, setOpen] = useState<Open>()
  const may = useMay()
  const can = (id: string | undefined) => id !== undefined && may(id)
  const close = () => setOpen(undefined)
  const done = async (made: unknown) => {
    const told = resource.toldOnce?.(objectOf(made)).filter(([, value]) => value !== '') ?? []
    setOpen(told.length > 0 ? { is: 'made', told } : undefined)
    asked.reload()
  }
  return (
    <>
      <div class="filters">
        <p class="muted">{resource.about}</p>
        {can(ids.create) && (
          <Button kind="primary" onClick={() => setOpen({ is: 'create' })}>
            {resource.createWord}
          </Button>
        )}
      </div>
      <Table
        label={resource.title}
        asked={asked}
        columns={resource.columns}
        nothing={{ icon: resource.icon, title: resource.nothing }}
        keyOf={(row) => text(row, resource.idField)}
        actions={(row) => (
          <>
            {resource.extra?.(row, asked.reload)}
            {can(ids.change) && (
              <Button onClick={() => setOpen({ is: 'change', row })}>Change</Button>
            )}
            {can(ids.remove) && (
              <IconButton
                icon="trash"
                kind="danger"
                label={`${resource.removeWord} ${resource.nameOf(row)}`}
                onClick={() => setOpen({ is: 'remove', row })}
              />
            )}
          </>
        )}
      />
      {open && <Opened {...{ resource, open, close, done }} />}
    </>
  )
}

interface OpenedProps {
  readonly resource: Resource
  readonly open: NonNullable<Open>
  readonly close: () => void
  readonly done: (made: unknown) => Promise<void>
}

function Opened({ resource, open, close, done }: OpenedProps): JSX.Element {
  const client = useClient()
  const { operations: ids, idParam, idField, nameOf } = resource
  const paramsOf = (row: Json) => ({ [idParam]: text(row, idField) })
  switch (open.is) {
    case 'create':
      return (
        <Dialog title={resource.createWord} onClose={close}>
          <SchemaForm
            schema={client.operations.get(ids.create ?? '')?.body}
            submitWord={resource.createWord}
            send={async (body) => done(await client.ask(ids.create ?? '', { body }))}
          />
        </Dialog>
      )
    case 'change':
      return (
        <Dialog title={`Change ${nameOf(open.row)}`} onClose={close}>
          <SchemaForm
            schema={client.operations.get(ids.change ?? '')?.body}
            before={open.row}
            submitWord="Save"
            send={async (body) =>
              done(await client.ask(ids.change ?? '', { params: paramsOf(open.row), body }))
            }
          />
        </Dialog>
      )
    case 'remove':
      return (
        <Confirm
          title={`${resource.removeWord} ${nameOf(open.row)}?`}
          says={resource.removeSays}
          word={resource.removeWord}
          onClose={close}
          act={async () => done(await client.ask(ids.remove ?? '', { params: paramsOf(open.row) }))}
        />
      )
    case 'made':
      return <CopyNow told={open.told} onClose={close} />
  }
}
