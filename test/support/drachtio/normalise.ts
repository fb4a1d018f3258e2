import { type Entry, type Lanes, symbol } from './lanes.ts'
import { normaliseFrame } from './normalise-frame.ts'
import { normaliseHeaders, startLine } from './normalise-sip.ts'
import type { Recorded, Recording } from './recording.ts'

/** Turns a recording, from a live run or from a transcript, into its abstract form. */
export function normalise(recording: Recording): Lanes {
  const lanes: Lanes = new Map()
  const lane = (name: string): Entry[] => {
    const entries = lanes.get(name) ?? []
    lanes.set(name, entries)
    return entries
  }
  for (const item of recording.items) add(item, recording, lane)
  return new Map([...lanes].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function add(item: Recorded, recording: Recording, lane: (name: string) => Entry[]): void {
  if (item.kind === 'frame') {
    const { connection, toServer, payload } = item
    const name = toServer ? `${connection} > srv` : `srv > ${connection}`
    lane(name).push(entry(normaliseFrame(payload, toServer, recording.portNames)))
  } else if (item.kind === 'closed') {
    lane(`srv > ${item.connection}`).push(entry('[closed]'))
  } else {
    addSip(lane(`${item.from} > ${item.to}`), item.text, item.from, recording)
  }
}

const entry = (head: string, headers: readonly string[] = []): Entry => ({
  head,
  headers,
  repeats: 0,
})

function addSip(entries: Entry[], text: string, from: string, recording: Recording): void {
  const head = startLine(text, recording.portNames)
  // What peers say is the scenario's own text, but retransmissions must be told from new requests.
  const headers = normaliseHeaders(text, recording.portNames)
  const branch = headers.find((line) => line.startsWith('Via:')) ?? ''
  const fresh =
    from.startsWith('srv') || text.length === 0
      ? entry(head, headers)
      : entry(head, branch ? [symbol('via', branch)] : [])
  const same = entries.find(
    (known) => known.head === fresh.head && known.headers.join('\n') === fresh.headers.join('\n'),
  )
  if (same) same.repeats++
  else entries.push(fresh)
}

/** Drops the branch that only served to recognise repetitions. */
export function forget(lanes: Lanes): Lanes {
  const out: Lanes = new Map()
  for (const [name, entries] of lanes) {
    const own = name.startsWith('srv')
    out.set(
      name,
      entries.map((one) => (own ? one : { ...one, headers: [] })),
    )
  }
  return out
}
