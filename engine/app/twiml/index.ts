import type { Verb } from '../../core/verbs.ts'
import { dialAttributes, readDial } from './dial.ts'
import { gatherAttributes, readGather, readRecord, recordAttributes } from './gather.ts'
import type { TwimlSource } from './reading.ts'
import {
  address,
  given,
  integer,
  type Known,
  method,
  onwards,
  Reading,
  warnOfAttributes,
} from './reading.ts'
import {
  pauseAttributes,
  playAttributes,
  readPause,
  readPlay,
  readSay,
  sayAttributes,
} from './speak.ts'
import { connectAttributes, readConnect, readStart, readStop } from './stream.ts'
import { elementsOf, readTree, type TwimlElement, textOf, twimlFault } from './tree.ts'

export type { TwimlSource } from './reading.ts'

interface VerbReader extends Known {
  read: Known['read']
  toVerbs(element: TwimlElement, reading: Reading): readonly Verb[]
}

/** What a document of ours may have for verbs at most. */
const mostVerbs = 500

/** SIP statuses by the reason of a Reject. */
const rejections: Readonly<Record<string, number>> = { busy: 486, rejected: 603 }

const verbReaders: Readonly<Record<string, VerbReader>> = {
  Say: {
    ...sayAttributes,
    toVerbs: (element, reading) => {
      const verb = readSay(element, reading)
      return verb === undefined ? [] : [verb]
    },
  },
  Play: { ...playAttributes, toVerbs: readPlay },
  Pause: { ...pauseAttributes, toVerbs: (element, reading) => [readPause(element, reading)] },
  Gather: { ...gatherAttributes, toVerbs: (element, reading) => [readGather(element, reading)] },
  Record: { ...recordAttributes, toVerbs: (element, reading) => [readRecord(element, reading)] },
  Dial: { ...dialAttributes, toVerbs: readDial },
  Redirect: {
    read: ['method'],
    toVerbs: (element, reading) => [
      {
        verb: 'redirect',
        url: reading.address(element, textOf(element)),
        ...given('method', method(element, 'method', reading)),
      },
    ],
  },
  Reject: {
    read: ['reason'],
    toVerbs: (element) => [
      { verb: 'reject', sipStatus: rejections[element.attributes.get('reason') ?? ''] ?? 603 },
    ],
  },
  Hangup: { read: [], toVerbs: () => [{ verb: 'hangup' }] },
  Enqueue: {
    read: ['action', 'method', 'waitUrl', 'waitUrlMethod', 'maxQueueSize'],
    idle: ['workflowSid'],
    toVerbs: (element, reading) => [readEnqueue(element, reading)],
  },
  Leave: { read: [], toVerbs: () => [{ verb: 'leave' }] },
  Refer: {
    read: ['action', 'method'],
    toVerbs: (element, reading) => [readRefer(element, reading)],
  },
  Connect: {
    ...connectAttributes,
    toVerbs: (element, reading) => [readConnect(element, reading)],
  },
  Start: { read: [], toVerbs: (element, reading) => [readStart(element, reading)] },
  Stop: { read: [], toVerbs: (element) => [readStop(element)] },
}

export const twimlVerbs = Object.keys(verbReaders)

/**
 * Reads a TwiML document as verbs of ours. What the document's makers would pass over (attributes that are not
 * known, values out of range) is told in `warnings`; what they would refuse is a Failure `invalid_request` with
 * line and column: XML that is not well-formed, a verb that there is not.
 */
export function readTwiml(
  document: string,
  source: TwimlSource,
): { readonly verbs: readonly Verb[]; readonly warnings: readonly string[] } {
  const root = readTree(document)
  if (root.name !== 'Response') throw twimlFault(root, `the root is ${root.name}, not Response`)
  const reading = new Reading(source)
  if (root.children.some((child) => typeof child === 'string' && child.trim() !== '')) {
    reading.warn(root, 'text between verbs is left out')
  }
  const verbs = elementsOf(root).flatMap((element) => verbsOf(element, reading))
  if (verbs.length > mostVerbs) throw twimlFault(root, `more than ${mostVerbs} verbs`)
  return { verbs, warnings: reading.warnings }
}

function verbsOf(element: TwimlElement, reading: Reading): readonly Verb[] {
  const { name } = element
  const reader = Object.hasOwn(verbReaders, name) ? verbReaders[name] : undefined
  if (!reader) {
    throw twimlFault(element, `${name} is none of ${twimlVerbs.join(', ')}`)
  }
  warnOfAttributes(element, reader, reading)
  return reader.toVerbs(element, reading)
}

function readEnqueue(element: TwimlElement, reading: Reading): Verb {
  const queue = textOf(element)
  if (queue === '' || elementsOf(element).length > 0) {
    throw twimlFault(element, 'Enqueue needs the name of a queue')
  }
  const waitUrl = address(element, 'waitUrl', reading)
  const waitMethod = method(element, 'waitUrlMethod', reading)
  return {
    verb: 'enqueue',
    queue,
    ...given('waitUrl', waitUrl),
    ...(waitUrl !== undefined && given('waitMethod', waitMethod)),
    ...given('maxSize', integer(element, 'maxQueueSize', reading, [1, 999_999_999])),
    ...onwards(element, reading),
  }
}

function readRefer(element: TwimlElement, reading: Reading): Verb {
  const sip = elementsOf(element).find(({ name }) => name === 'Sip')
  const to = sip ? textOf(sip) : ''
  if (to === '') throw twimlFault(element, 'Refer needs a Sip')
  return { verb: 'refer', to, ...onwards(element, reading) }
}
