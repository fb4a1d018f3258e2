import {
  type StopStreamVerb,
  type StreamVerb,
  streamLimits,
  streamUrlForm,
  streamUrlPattern,
} from '../../core/stream-verbs.ts'
import { address, given, method, onwards, type Reading, warnOfAttributes } from './reading.ts'
import { elementsOf, type TwimlElement, twimlFault } from './tree.ts'

const attributes = { read: ['url', 'name', 'track', 'statusCallback', 'statusCallbackMethod'] }
export const connectAttributes = { read: ['action', 'method'] }

const tracksOf: Readonly<Record<string, 'received' | 'sent' | 'both'>> = {
  inbound_track: 'received',
  outbound_track: 'sent',
  both_tracks: 'both',
}

/** A stream both ways, for which the document waits. Failure of `twimlFault`. */
export function readConnect(element: TwimlElement, reading: Reading): StreamVerb {
  const stream = theStream(element)
  const verb = readStream(stream, reading)
  if (verb.tracks !== 'received') reading.warn(stream, 'Connect has the inbound_track alone')
  return { ...verb, mode: 'connect', tracks: 'received', ...onwards(element, reading) }
}

/** A stream one way, beside what follows. Failure of `twimlFault`. */
export const readStart = (element: TwimlElement, reading: Reading): StreamVerb => ({
  ...readStream(theStream(element), reading),
  mode: 'start',
})

/** Failure of `twimlFault`. */
export function readStop(element: TwimlElement): StopStreamVerb {
  const stream = theStream(element)
  const name = stream.attributes.get('name')?.trim() ?? ''
  if (name === '') throw twimlFault(stream, 'Stream has no name')
  return { verb: 'stopStream', name }
}

function theStream(element: TwimlElement): TwimlElement {
  const [first, ...others] = elementsOf(element)
  if (first?.name === 'Stream' && others.length === 0) return first
  const what = others[0]?.name ?? first?.name
  const why = what === undefined ? 'needs a Stream' : `takes one Stream and no ${what}`
  throw twimlFault(element, `${element.name} ${why}`)
}

function readStream(element: TwimlElement, reading: Reading): StreamVerb {
  warnOfAttributes(element, attributes, reading)
  const name = element.attributes.get('name')?.trim()
  const statusCallback = address(element, 'statusCallback', reading)
  const by = method(element, 'statusCallbackMethod', reading)
  return {
    ...{ verb: 'stream', protocol: 'twiml', url: serverOf(element, reading) },
    ...given('name', name === '' ? undefined : name?.slice(0, streamLimits.name)),
    tracks: tracks(element, reading),
    ...parametersOf(element, reading),
    ...given('statusCallback', statusCallback),
    ...(statusCallback !== undefined && given('statusCallbackMethod', by)),
  }
}

/** A relative one is at the document's own server; a whole one says itself how it is dialled. */
function serverOf(element: TwimlElement, reading: Reading): string {
  const url = address(element, 'url', reading) ?? ''
  const isWhole = URL.canParse(element.attributes.get('url')?.trim() ?? '')
  const server = isWhole ? url : url.replace(/^http/, 'ws')
  if (new RegExp(streamUrlPattern).test(server)) return server
  throw twimlFault(element, `Stream needs a url that ${streamUrlForm}`)
}

function tracks(element: TwimlElement, reading: Reading): 'received' | 'sent' | 'both' {
  const text = element.attributes.get('track')?.trim() ?? 'inbound_track'
  const found = Object.hasOwn(tracksOf, text) ? tracksOf[text] : undefined
  if (found === undefined) reading.warn(element, 'track is not known, inbound_track is taken')
  return found ?? 'received'
}

function parametersOf(element: TwimlElement, reading: Reading): Pick<StreamVerb, 'parameters'> {
  const parameters = new Map<string, string>()
  for (const child of elementsOf(element)) {
    if (child.name !== 'Parameter') throw twimlFault(child, `Stream has no ${child.name}`)
    const name = child.attributes.get('name') ?? ''
    const value = child.attributes.get('value') ?? ''
    const isShort = name.length <= streamLimits.parameter && value.length <= streamLimits.value
    const isOneMore = parameters.size < streamLimits.parameters
    if (name !== '' && isShort && isOneMore) parameters.set(name, value)
    else reading.warn(child, 'has no name, is too long or one too many, left out')
  }
  return parameters.size === 0 ? {} : { parameters: Object.fromEntries(parameters) }
}
