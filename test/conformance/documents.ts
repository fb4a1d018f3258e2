/**
 * Cuts the samples out of the source documents of the five APIs, so that what is replayed is what is
 * printed: methods, paths, headers and bodies to the letter. Nothing here knows the engine.
 */
import { parse } from 'yaml'

/** A request as it is printed. Its headers hold the document's stand-in for a key. */
export interface Sample {
  readonly method: string
  /** What follows the host. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface TriggerDocument {
  readonly curl: Sample
  /** The printed program; `main` is the function that it defines, `origin` the host that it asks. */
  readonly script: { readonly text: string; readonly main: string; readonly origin: string }
  readonly keyStandIn: string
  readonly answer: Answer
  /** The bodies of the printed refusals. */
  readonly errors: readonly PrintedError[]
  readonly statuses: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface PrintedError {
  readonly error: { readonly code: string; readonly message: string }
}

export interface VoiceCallDocument {
  /** The example value of each of the eleven fields, in their order. */
  readonly examples: readonly string[]
  readonly directions: readonly string[]
  readonly statuses: readonly string[]
}

export interface FoneNumberDocument {
  /** Numbers to call as somebody may write them. */
  readonly numbers: readonly string[]
  /** How the first of them is understood. */
  readonly firstMeans: string
  readonly services: readonly { readonly type: string; readonly example: string }[]
  /** Properties of a good answer. */
  readonly answers: readonly { readonly property: string; readonly type: string }[]
}

export interface Voice2PhoneDocument {
  readonly create: Sample
  readonly read: Sample
  readonly keyStandIn: string
  readonly created: Answer
  readonly state: Answer
}

export interface OpenApiDocument {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, PrintedOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface PrintedOperation {
  readonly operationId: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>

export interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly format?: string
  readonly maximum?: number
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly $ref?: string
}

/** The five documents, cut up. */
export interface Documents {
  readonly name: string
  readonly trigger: TriggerDocument
  readonly native: OpenApiDocument
  readonly voiceCall: VoiceCallDocument
  readonly foneNumber: FoneNumberDocument
  readonly voice2Phone: Voice2PhoneDocument
}

/** `texts` are the documents in the order of the checklist: S0 to S4. */
export function cut(name: string, texts: readonly string[]): Documents {
  const [s0, s1, s2, s3, s4] = texts
  if (!s0 || !s1 || !s2 || !s3 || !s4) throw new Error(`${name}: a document is missing`)
  return {
    name,
    trigger: cutTrigger(s0),
    native: parse(s1.slice(s1.indexOf('openapi:'))) as OpenApiDocument,
    voiceCall: cutVoiceCall(s2),
    foneNumber: cutFoneNumber(s3),
    voice2Phone: cutVoice2Phone(s4),
  }
}

function cutTrigger(text: string): TriggerDocument {
  const command = must(/^curl -X[\s\S]*?\}'$/m, text)[0]!
  const [, method = '', path = ''] = must(/-X (\w+) https:\/\/[^/\s]+(\S+)/, command)
  const headers = [...command.matchAll(/-H "([^:"]+): ([^"]*)"/g)]
  const [script = '', main = ''] = must(/^const (\w+) = async[\s\S]*?^\};$/m, text)
  const [, status, answer = ''] = must(/(\d{3}) OK response:\s+(^\{[\s\S]*?^\})/m, text)
  const [, statuses = ''] = must(/call status \(([^)]*)\)/, text)
  return {
    curl: {
      ...{
        method,
        path,
        headers: Object.fromEntries(headers.map(([, name, value]) => [name, value])),
      },
      body: must(/-d '([\s\S]*)'$/, command)[1]!,
    },
    script: { text: script, main, origin: must(/fetch\('(https:\/\/[^/']+)/, script)[1]! },
    keyStandIn: must(/Bearer ([^"]+)"/, command)[1]!,
    answer: { status: Number(status), body: literal(answer) },
    errors: [...text.matchAll(/^\{\s+"error"[\s\S]*?^\}/gm)].map(([body]) => JSON.parse(body)),
    statuses: statuses.split(', '),
  }
}

function cutVoiceCall(text: string): VoiceCallDocument {
  const [directions = [], statuses = []] = [
    ...text.matchAll(/allowed enum values: ([\s\S]*?)\. Values/g),
  ].map(([, words = '']) => [...words.matchAll(/\b[A-Z_]{4,}(?= \()/g)].map(([word]) => word))
  const examples = [...text.matchAll(/\(e\.g\., "([^"]+)"\)/g)].map(([, value = '']) => value)
  return { examples, directions, statuses }
}

function cutFoneNumber(text: string): FoneNumberDocument {
  const [, first = '', firstMeans = ''] = must(/"([^"]+)" will be interpreted as (\d+)/, text)
  const rows = [...text.matchAll(/^(.+?) \| (.+?) \| (.+?) \| (.+) \|$/gm)]
  const services = rows
    .filter(([, type, , example]) => type !== 'Type' && !/^-+$/.test(example ?? ''))
    .map(([, type = '', , example = '']) => ({ type, example }))
  const numbers = [...text.matchAll(/digits: (\d+)/g)].map(([, digits = '']) => digits)
  const answers = [...text.matchAll(/^(\w+) \| (object|string|array) \| [^|]*\|$/gm)]
  return {
    numbers: [first, ...numbers],
    firstMeans,
    services,
    answers: answers.map(([, property = '', type = '']) => ({ property, type })),
  }
}

function cutVoice2Phone(text: string): Voice2PhoneDocument {
  const requests = [
    ...text.matchAll(
      /^(GET|POST) https:\/\/[^/\s]+(\/\S*)\s+Header\s+((?:^[\w-]+: .*\n)+)(?:\nBody\s+(^\{[\s\S]*?^\}))?/gm,
    ),
  ].map(([, method = '', path = '', lines = '', body]): Sample => {
    const headers = [...lines.matchAll(/^([\w-]+): (.*?) *$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    return {
      method,
      path,
      headers: Object.fromEntries(headers),
      ...(body !== undefined && { body }),
    }
  })
  const answers = [...text.matchAll(/HTTP Status Code: (\d{3})\b.*\s+(^\{[\s\S]*?^\})/gm)].map(
    ([, status, body = '']) => ({ status: Number(status), body: literal(body) }),
  )
  const [create, read] = requests
  const [created, state] = answers
  if (!create || !read || !created || !state)
    throw new Error('two requests and two answers expected')
  return { create, read, keyStandIn: must(/^Authorization: (.*?) *$/m, text)[1]!, created, state }
}

function must(pattern: RegExp, text: string): RegExpExecArray {
  const found = pattern.exec(text)
  if (!found) throw new Error(`nothing in the document is like ${pattern}`)
  return found
}

/** JSON, or nearly: the documents print some names without quotation marks. */
const literal = (text: string): Record<string, unknown> =>
  JSON.parse(text.replaceAll(/^(\s*)(\w+)\s*:/gm, '$1"$2":'))
