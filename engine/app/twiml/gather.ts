import type { GatherVerb, RecordMessageVerb } from '../../core/verbs.ts'
import { recordingAttributes, recordingCallback, transcriptCallback } from './callbacks.ts'
import { address, flag, given, integer, method, msOf, onwards, type Reading } from './reading.ts'
import { readPrompts } from './speak.ts'
import type { TwimlElement } from './tree.ts'

/** Where the document sets no limit. */
const mostDigits = 128

export const gatherAttributes = {
  read: [
    ...['action', 'method', 'input', 'timeout', 'numDigits', 'finishOnKey'],
    ...['actionOnEmptyResult', 'bargeIn', 'language', 'speechTimeout', 'maxSpeechTime'],
    ...['partialResultCallback', 'partialResultCallbackMethod'],
  ],
  idle: ['hints', 'profanityFilter', 'speechModel', 'enhanced', 'debug'],
}

export function readGather(element: TwimlElement, reading: Reading): GatherVerb {
  const wanted = (element.attributes.get('input') ?? 'dtmf').toLowerCase().split(/\s+/)
  const isKeyless = !wanted.includes('dtmf')
  const hears = wanted.includes('speech') && canHear(element, reading)
  const prompts = readPrompts(element, reading)
  return {
    verb: 'gather',
    ...(prompts.length > 0 && { prompts }),
    numDigits: integer(element, 'numDigits', reading, [1, mostDigits]) ?? mostDigits,
    finishOnKey: isKeyless ? '' : finishOnKey(element, reading),
    ...(isKeyless && { keys: '' }),
    ...given('timeoutMs', msOf(timeoutOf(element, reading))),
    ...(hears && speechOf(element, reading, isKeyless)),
    ...given('bargeIn', flag(element, 'bargeIn', reading)),
    ...given('actionOnEmpty', flag(element, 'actionOnEmptyResult', reading)),
    ...onwards(element, reading, true),
  }
}

/** Without a model keys still count, where they are asked for. */
function canHear(element: TwimlElement, reading: Reading): boolean {
  const { deafBecause } = reading.source
  if (deafBecause !== undefined) reading.warn(element, `input speech is left out: ${deafBecause}`)
  return deafBecause === undefined
}

/** Silence after speech is as long as before it, where nothing is said of it; `auto` is as our own verb has it. */
function speechOf(element: TwimlElement, reading: Reading, isKeyless: boolean) {
  const isAuto = element.attributes.get('speechTimeout')?.trim() === 'auto'
  const usualS = () => Math.min(Math.max(timeoutOf(element, reading) ?? 5, 1), 30)
  const silenceS = () => integer(element, 'speechTimeout', reading, [1, 30]) ?? usualS()
  return {
    input: isKeyless ? (['speech'] as const) : (['digits', 'speech'] as const),
    ...given('language', languageOf(element, reading)),
    ...partialsOf(element, reading),
    ...given('speechTimeoutMs', isAuto ? undefined : msOf(silenceS())),
    ...given('maxSpeechMs', msOf(integer(element, 'maxSpeechTime', reading, [1, 60]))),
  }
}

function partialsOf(
  element: TwimlElement,
  reading: Reading,
): Pick<GatherVerb, 'partialCallback' | 'partialCallbackMethod'> {
  const partialCallback = address(element, 'partialResultCallback', reading)
  if (partialCallback === undefined) return {}
  const by = method(element, 'partialResultCallbackMethod', reading)
  return { partialCallback, ...given('partialCallbackMethod', by) }
}

function languageOf(element: TwimlElement, reading: Reading): string | undefined {
  const language = element.attributes.get('language')?.trim()
  if (!language) return undefined
  if (reading.source.hearsLanguage?.(language) === true) return language
  const named = language.slice(0, 35)
  reading.warn(element, `there is no model of ${named} by itself, the usual one listens`)
  return undefined
}

function timeoutOf(element: TwimlElement, reading: Reading): number | undefined {
  if (element.attributes.get('timeout') === 'auto') return undefined
  return integer(element, 'timeout', reading, [0, 600])
}

function finishOnKey(element: TwimlElement, reading: Reading): string {
  const key = element.attributes.get('finishOnKey')?.trim() ?? '#'
  if (/^[0-9*#]?$/.test(key)) return key
  reading.warn(element, 'finishOnKey must be one key, left out')
  return '#'
}

export const recordAttributes = {
  read: [
    ...['action', 'method', 'timeout', 'finishOnKey', 'maxLength', 'playBeep', 'trim'],
    ...['transcribe', 'transcribeCallback'],
    ...recordingAttributes,
  ],
  idle: ['recordingConfigurationId'],
}

const longestMessageS = 3_600

export function readRecord(element: TwimlElement, reading: Reading): RecordMessageVerb {
  const { attributes } = element
  const keys = attributes.get('finishOnKey')?.trim() ?? '1234567890*#'
  const maxLengthS = integer(element, 'maxLength', reading, [1, 14_400]) ?? longestMessageS
  return {
    verb: 'recordMessage',
    maxLengthMs: maxLengthS * 1_000,
    silenceMs: msOf(integer(element, 'timeout', reading, [0, 600])) ?? 5_000,
    finishOnKeys: keys.replace(/[^0-9*#]/g, ''),
    beep: flag(element, 'playBeep', reading) ?? true,
    trim: attributes.get('trim') !== 'do-not-trim',
    ...given('transcribe', flag(element, 'transcribe', reading)),
    ...given('callback', recordingCallback(element, reading)),
    ...given('transcriptTo', transcriptCallback(element, reading)),
    ...onwards(element, reading, true),
  }
}
