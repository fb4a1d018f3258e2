import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { Empty } from '../../app/parts/empty.tsx'
import { clockTime } from '../../app/words/time.ts'
import { isTrue, type Json, number, objectOf, rows, text } from '../api/json.ts'
import { problemText } from '../api/problem.ts'
import { useClient } from '../context.ts'
import { Act } from '../parts/act.tsx'
import { Chip } from '../parts/chip.tsx'
import { FormButton } from '../parts/form-button.tsx'
import { Hear } from '../parts/hear.tsx'
import { PageNumbers } from '../parts/page-numbers.tsx'
import { type Column, prose, Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'
import { whenOf } from '../words.ts'

const pageSize = 50
const folders = ['new', 'saved', 'deleted'] as const
type Folder = (typeof folders)[number]

const kinds = [
  ['unavailable', 'When nobody answers'],
  ['busy', 'When busy'],
  ['name', 'Name'],
] as const

const columns: readonly Column[] = [
  prose('From', (row) => text(row, 'from_name') || text(row, 'from')),
  prose('To', (row) => text(row, 'to')),
  { title: 'Received', cell: (row) => whenOf(row, 'received_at') },
  { title: 'Length', isNumber: true, cell: (row) => clockTime(number(row, 'duration') ?? 0) },
  { title: 'Because', cell: becauseOf },
  prose('Said', (row) => text(row, 'transcript')),
]

function becauseOf(row: Json): JSX.Element {
  return (
    <>
      <Chip word={text(row, 'reason')} /> {isTrue(row, 'urgent') && <Chip word="urgent" />}
    </>
  )
}

/** One voicemail box: its greetings, and its messages by folder. */
export function VoicemailBoxView({ id }: { readonly id: string }): JSX.Element {
  const client = useClient()
  const params = { box_id: id }
  const [folder, setFolder] = useState<Folder>('new')
  const [page, setPage] = useState(1)
  const asked = useAsked(
    async () => {
      const [box, listed] = await Promise.all([
        client.ask('getVoicemailBox', { params }),
        client.ask('listVoicemailMessages', {
          params,
          query: { folder, page, page_size: pageSize },
        }),
      ])
      return { box: objectOf(box), listed: objectOf(listed) }
    },
    [id, folder, page],
    { everyMs: 15_000, at: ({ type }) => type.startsWith('voicemail.') },
  )
  if (asked.value === undefined)
    return asked.problem === undefined ? (
      <p role="status">Loading…</p>
    ) : (
      <Empty icon="warning" title="This voicemail box can not be shown">
        <p class="muted">{problemText(asked.problem)}</p>
      </Empty>
    )
  const { box, listed } = asked.value
  const total = number(listed, 'total') ?? 0
  return (
    <>
      <p>
        <a href="#/voicemail">All voicemail boxes</a>
      </p>
      <h1>{text(box, 'name')}</h1>
      <p class="muted">
        <code>{text(box, 'id')}</code>, {isTrue(box, 'has_pin') ? 'with a PIN' : 'without a PIN'}.
        Its phones dial <code>*97</code>, others <code>*98</code>.
      </p>
      <Greetings box={box} reload={asked.reload} />
      <fieldset class="filters" aria-label="Folder">
        {folders.map((name) => (
          <Button
            key={name}
            kind={name === folder ? 'primary' : 'plain'}
            isOn={name === folder}
            onClick={() => {
              setFolder(name)
              setPage(1)
            }}
          >
            {folderWords(name, objectOf(box['messages']))}
          </Button>
        ))}
      </fieldset>
      <Table
        label={`Messages, ${folder}`}
        asked={{ ...asked, value: rows(listed, 'messages') }}
        columns={columns}
        nothing={{ icon: 'voicemail', title: 'No messages' }}
        keyOf={(row) => text(row, 'id')}
        actions={(row) => <MessageActions row={row} reload={asked.reload} />}
      />
      <PageNumbers label="Pages of messages" {...{ page, pageSize, total, setPage }} />
    </>
  )
}

function folderWords(folder: Folder, counts: Json): string {
  const word = folder === 'new' ? 'New' : folder === 'saved' ? 'Saved' : 'Deleted'
  const count = number(counts, folder)
  return count === undefined ? word : `${word} (${count})`
}

interface Reloading {
  readonly reload: () => void
}

function Greetings({ box, reload }: { readonly box: Json } & Reloading): JSX.Element {
  const client = useClient()
  const greetings = objectOf(box['greetings'])
  return (
    <>
      <h2>Greetings</h2>
      <dl class="said">
        {kinds.map(([kind, title]) => {
          const params = { box_id: text(box, 'id'), kind }
          const greeting = objectOf(greetings[kind])
          const isOwn = text(greeting, 'kind') !== ''
          return (
            <div key={kind}>
              <dt>{title}</dt>
              <dd class="with-actions">
                <bdi>{greetingWords(greeting)}</bdi>
                <FormButton
                  word="Set"
                  title={`Set the greeting: ${title}`}
                  operation="setVoicemailGreeting"
                  params={params}
                  done={reload}
                />
                {isOwn && (
                  <Act
                    word="Usual words"
                    operation="deleteVoicemailGreeting"
                    act={async () => {
                      await client.ask('deleteVoicemailGreeting', { params })
                      reload()
                    }}
                  />
                )}
              </dd>
            </div>
          )
        })}
      </dl>
    </>
  )
}

function greetingWords(greeting: Json): string {
  switch (text(greeting, 'kind')) {
    case 'text':
      return `“${text(greeting, 'text')}”`
    case 'url':
      return text(greeting, 'url')
    case 'file':
      return 'Recorded by phone'
    default:
      return 'The usual words'
  }
}

function MessageActions({ row, reload }: { readonly row: Json } & Reloading): JSX.Element {
  const client = useClient()
  const params = { box_id: text(row, 'box_id'), message_id: text(row, 'id') }
  const does = (operation: string, body?: unknown) => ({
    operation,
    act: async (): Promise<void> => {
      await client.ask(operation, { params, ...(body !== undefined && { body }) })
      reload()
    },
  })
  const folder = text(row, 'folder')
  return (
    <>
      <Hear
        what={`the message from ${text(row, 'from')}`}
        sound={() => client.file('getVoicemailMessageMedia', { params })}
      />
      {folder === 'new' && <Act word="Save" {...does('updateVoicemailMessage', { heard: true })} />}
      {folder === 'deleted' && <Act word="Restore" {...does('undeleteVoicemailMessage')} />}
      <Act
        word={folder === 'deleted' ? 'Delete for good' : 'Delete'}
        kind="danger"
        {...does('deleteVoicemailMessage')}
      />
    </>
  )
}
