import type { CallRecord } from '../../core/call.ts'
import type { CallId } from '../../core/ids.ts'
import type { RecordingRecord, RecordingSpan } from '../../core/ports/recordings.ts'
import type { Store } from '../../core/ports/store.ts'

/** Something that happened while it was recorded. */
export interface RecordingMark {
  readonly kind:
    | 'digit'
    | 'hold'
    | 'transfer'
    | 'speech'
    | 'bridge'
    | 'member'
    | 'quality'
    | 'other'
  /** Of the file's own time. */
  readonly atMs: number
  readonly text: string
}

export interface RecordingStory {
  /** Who is heard on each channel, the left one first; null: whoever talked with the other side. */
  readonly sides: readonly (string | null)[]
  /** Whom it is of, in words: both parties, or the room. */
  readonly title: string
  /** When its first sample was heard. */
  readonly startedAtMs: number
  /** In the order of time. */
  readonly marks: readonly RecordingMark[]
}

export interface StoryOptions {
  /** Keys that were pressed are told, but not which: they may be a card's number. */
  readonly hidesDigits: boolean
}

type Told = { readonly type: string; readonly atMs: number; readonly data: Data }
type Data = Readonly<Record<string, unknown>>

/** What the page of a recording shows beside the sound, from the log of its call or conference. */
export async function recordingStory(
  store: Pick<Store, 'calls' | 'events' | 'conferences'>,
  recording: RecordingRecord,
  options: StoryOptions,
): Promise<RecordingStory> {
  const { accountId, callId, conferenceId } = recording
  if (callId !== null) return ofCall(store, recording, callId, options)
  const room =
    conferenceId === undefined ? undefined : await store.conferences.get(accountId, conferenceId)
  const events = room ? await store.conferences.eventsOf(accountId, room.id) : []
  const startedAtMs = startOf(recording, events)
  return {
    sides: [room?.friendlyName ?? null],
    title: room?.friendlyName ?? 'Conference',
    startedAtMs,
    marks: marksOf(recording, startedAtMs, events, options),
  }
}

async function ofCall(
  store: Pick<Store, 'calls' | 'events'>,
  recording: RecordingRecord,
  callId: CallId,
  options: StoryOptions,
): Promise<RecordingStory> {
  const { accountId } = recording
  const [call, children] = await Promise.all([
    store.calls.get(accountId, callId),
    store.calls.children(callId),
  ])
  const legs = [...(call ? [call] : []), ...children]
  const logs = await Promise.all(legs.map(({ id }) => store.events.ofCall(accountId, id)))
  const events = logs.flat().sort((a, b) => a.sequence - b.sequence)
  const startedAtMs = startOf(recording, events)
  const left = call ? farParty(call) : null
  const right = children.find(({ answeredAtMs }) => answeredAtMs !== null)
  return {
    sides: recording.channels === 1 ? [left] : [left, right ? farParty(right) : null],
    title: call ? `${call.from} to ${call.to}` : 'Call',
    startedAtMs,
    marks: marksOf(recording, startedAtMs, events, options),
  }
}

/** Whom the engine talks to on a leg. */
const farParty = ({ direction, from, to }: CallRecord): string =>
  direction === 'inbound' ? from : to

/** By the log; a recording that it does not tell of begins when its row was made. Silence that was left out is not in it. */
function startOf({ id, createdAtMs }: RecordingRecord, events: readonly Told[]): number {
  const ofIt = events.filter(({ data }) => data['recordingId'] === id)
  const started = ofIt.find(({ type }) => /recording[.-]started$/.test(type))
  const completed = ofIt.find(({ type }) => /recording[.-]completed$/.test(type))
  const trimmedMs = Number(completed?.data['trimmedMs'] ?? 0)
  return (started?.atMs ?? createdAtMs) + trimmedMs
}

function marksOf(
  recording: RecordingRecord,
  startedAtMs: number,
  events: readonly Told[],
  { hidesDigits }: StoryOptions,
): RecordingMark[] {
  const { spans = [], durationMs } = recording
  return events.flatMap((event) => {
    const { recordingId = recording.id } = event.data
    // What is told of another recording of the same call is not so of this one.
    if (recordingId !== recording.id) return []
    const wallMs = event.atMs - startedAtMs
    const atMs = fileTimeMs(wallMs, spans)
    // The spans tell that better.
    if (spans.length > 0 && /recording[.-](?:paused|resumed)$/.test(event.type)) return []
    if (wallMs < 0 || (durationMs !== null && atMs > durationMs)) return []
    const isHidden = hidesDigits || isMaskedAt(wallMs, spans)
    const mark = markOf(event, isHidden)
    return mark ? [{ ...mark, atMs }] : []
  })
}

/** Where in the file something is that happened so long after its beginning: pauses have no length there. */
export function fileTimeMs(wallMs: number, spans: readonly RecordingSpan[]): number {
  let pausedMs = 0
  for (const { kind, startMs, heldMs = 0 } of spans) {
    if (kind !== 'paused') continue
    const beganMs = startMs + pausedMs
    if (wallMs < beganMs) break
    if (wallMs < beganMs + heldMs) return startMs
    pausedMs += heldMs
  }
  return wallMs - pausedMs
}

/** What was not to be heard is not to be read either. */
function isMaskedAt(wallMs: number, spans: readonly RecordingSpan[]): boolean {
  let pausedMs = 0
  for (const { kind, startMs, endMs, heldMs = 0 } of spans) {
    // Nobody wished that it is not heard.
    if (kind === 'lost') continue
    const beganMs = startMs + pausedMs
    const lengthMs = kind === 'paused' ? heldMs : endMs - startMs
    if (wallMs >= beganMs && wallMs <= beganMs + lengthMs) return true
    if (kind === 'paused') pausedMs += heldMs
  }
  return false
}

const plain: Readonly<Record<string, Pick<RecordingMark, 'kind' | 'text'>>> = {
  'call.held': { kind: 'hold', text: 'Put on hold' },
  'call.resumed': { kind: 'hold', text: 'Off hold' },
  'call.parked': { kind: 'hold', text: 'Parked' },
  'call.unparked': { kind: 'hold', text: 'Back from being parked' },
  'bridge.started': { kind: 'bridge', text: 'Connected' },
  'bridge.ended': { kind: 'bridge', text: 'Parted' },
  'playback.started': { kind: 'speech', text: 'Playback began' },
  'announcement.started': { kind: 'speech', text: 'Announcement' },
  'quality.degraded': { kind: 'quality', text: 'Sounds bad' },
  'quality.restored': { kind: 'quality', text: 'Sounds good again' },
  'media.lost': { kind: 'quality', text: 'No audio' },
  'media.back': { kind: 'quality', text: 'Audio again' },
  'call.listened': { kind: 'other', text: 'A supervisor listens' },
  'call.unlistened': { kind: 'other', text: 'The supervisor has gone' },
  'recording.resumed': { kind: 'other', text: 'Recording goes on' },
  'participant.joined': { kind: 'member', text: 'Somebody joined' },
  'participant.left': { kind: 'member', text: 'Somebody left' },
}

const spoken: Readonly<Record<string, string>> = {
  say: 'Speech',
  play: 'Sound',
  gather: 'Question',
  whisper: 'Whisper',
}

function markOf({ type, data }: Told, isHidden: boolean): Omit<RecordingMark, 'atMs'> | undefined {
  if (type === 'digit.received') {
    return { kind: 'digit', text: isHidden ? 'Key' : `Key ${wordOf(data, 'digit')}` }
  }
  if (type === 'verb.started') {
    const text = spoken[wordOf(data, 'verb')]
    return text === undefined ? undefined : { kind: 'speech', text }
  }
  if (type.startsWith('transfer.')) {
    const to = wordOf(data, 'to')
    const state = type.slice('transfer.'.length)
    if (state === 'progress') return undefined
    return { kind: 'transfer', text: `Transfer ${state}${to === '' ? '' : ` to ${to}`}` }
  }
  if (type === 'recording.paused') {
    const text = data['mode'] === 'masked' ? 'Recording masked' : 'Recording paused'
    return { kind: 'other', text }
  }
  return plain[type]
}

const wordOf = (data: Data, name: string): string => {
  const value = data[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
