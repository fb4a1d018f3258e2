import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button, IconButton } from '../../app/parts/button.tsx'
import { clockTime } from '../../app/words/time.ts'
import { type Json, number, objectOf, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Hear } from '../parts/hear.tsx'
import { Offered } from '../parts/offered.tsx'
import { Problem } from '../parts/problem.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'
import { whenOf } from '../words.ts'

const columns: readonly Column[] = [
  plain('Name', 'name'),
  { title: 'Played by', cell: (row) => <code>{text(row, 'url')}</code> },
  {
    title: 'Length',
    isNumber: true,
    cell: (row) => clockTime((number(row, 'duration_ms') ?? 0) / 1000),
  },
  plain('Format', 'format'),
  {
    title: 'Loudness',
    isNumber: true,
    cell: (row) => {
      const lufs = number(row, 'loudness')
      return lufs === undefined ? '' : `${lufs.toFixed(1)} LUFS`
    },
  },
  { title: 'Changed', cell: (row) => whenOf(row, 'date_updated') },
]

/** Sounds of one's own that calls play by name. */
export function PromptsView(): JSX.Element {
  const client = useClient()
  const asked = useAsked(
    async () => objectOf(await client.ask('listPrompts', { query: { page_size: 100 } })),
    [],
    { everyMs: 30_000 },
  )
  const [isUploading, setUploading] = useState(false)
  const [removing, setRemoving] = useState<Json>()
  const total = asked.value ? (number(asked.value, 'total') ?? 0) : 0
  return (
    <>
      <div class="filters">
        <p class="muted">Sounds that calls play by name. They come out at one loudness.</p>
        <Offered operation="createPrompt">
          <Button kind="primary" onClick={() => setUploading(true)}>
            Upload a sound
          </Button>
        </Offered>
      </div>
      <Table
        label="Prompts"
        asked={{ ...asked, value: asked.value && rows(asked.value, 'prompts') }}
        columns={columns}
        nothing={{ icon: 'volume', title: 'No sounds yet' }}
        actions={(row) => (
          <>
            <Hear
              what={text(row, 'name')}
              sound={() =>
                client.file('getPromptMedia', { params: { prompt_id: text(row, 'id') } })
              }
            />
            <Offered operation="deletePrompt">
              <IconButton
                icon="trash"
                kind="danger"
                label={`Delete ${text(row, 'name')}`}
                onClick={() => setRemoving(row)}
              />
            </Offered>
          </>
        )}
      />
      {total > 100 && <p class="muted">The first 100 of {total}, by name.</p>}
      {isUploading && (
        <Upload
          onClose={() => setUploading(false)}
          done={() => {
            setUploading(false)
            asked.reload()
          }}
        />
      )}
      {removing && (
        <Confirm
          title={`Delete ${text(removing, 'name')}?`}
          says="Calls that play it go on without it."
          word="Delete"
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await client.ask('deletePrompt', { params: { prompt_id: text(removing, 'id') } })
            setRemoving(undefined)
            asked.reload()
          }}
        />
      )}
    </>
  )
}

interface UploadProps {
  readonly onClose: () => void
  readonly done: () => void
}

function Upload({ onClose, done }: UploadProps): JSX.Element {
  const client = useClient()
  const [name, setName] = useState('')
  const [file, setFile] = useState<File>()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const send = async (): Promise<void> => {
    if (file === undefined) return
    setBusy(true)
    setProblem(undefined)
    try {
      await client.ask('createPrompt', { body: { name, audio: await base64Of(file) } })
      done()
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  return (
    <Dialog title="Upload a sound" onClose={onClose}>
      <form
        class="schema-form"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <div class="field">
          <label for="prompt-file">File</label>
          <input
            id="prompt-file"
            type="file"
            required
            accept=".wav,.mp3,.ogg,.opus,audio/*"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0]
              setFile(chosen)
              if (name === '' && chosen) setName(nameOf(chosen))
            }}
          />
          <p class="hint">WAV, MP3 or Ogg Opus, 20 MiB and an hour at most.</p>
        </div>
        <div class="field">
          <label for="prompt-name">Name</label>
          <input
            id="prompt-name"
            type="text"
            required
            maxLength={64}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        {problem !== undefined && <Problem problem={problem} />}
        <Button kind="primary" type="submit" disabled={isBusy || file === undefined}>
          {isBusy ? 'Uploading…' : 'Upload'}
        </Button>
      </form>
    </Dialog>
  )
}

/** Without its ending, and of letters that a name may have. */
const nameOf = ({ name }: File): string =>
  name
    .replace(/\.\w+$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, 64)

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => {
      const told = typeof reader.result === 'string' ? reader.result : ''
      resolve(told.slice(told.indexOf(',') + 1))
    }
    reader.onerror = () => reject(new Error('The file can not be read'))
    reader.readAsDataURL(file)
  })
}
