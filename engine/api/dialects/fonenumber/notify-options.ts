import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Failure } from '../../../core/failures.ts'
import { mailUrlOf } from '../../../core/ports/mail.ts'
import { digits } from './schema.ts'

const methods = ['GET', 'POST', 'JSON'] as const
const types = ['None', 'Callback', 'Email'] as const
const text = (description: string) => Type.String({ maxLength: 255, description })

/** The body of both requests. */
export const notifySchema = Type.Object(
  {
    fonenumber: digits('One of your numbers'),
    type: Type.Optional(
      Type.String({
        maxLength: 32,
        description:
          'None, Callback (the default with a url) or Email, for which the operator has to have set a mail server',
      }),
    ),
    url: Type.Optional(
      Type.String({
        maxLength: 2048,
        description: 'For Callback. {{to}} and the like stand for values, but not in its host',
      }),
    ),
    method: Type.Optional(
      Type.String({
        maxLength: 32,
        description:
          'For Callback. GET: the values in the query, those that the url names or else all; POST: as a form; JSON: as JSON',
      }),
    ),
    username: Type.Optional(text('For HTTP Basic authentication at the url')),
    password: Type.Optional(text('For HTTP Basic authentication at the url')),
    url_username: Type.Optional(text('The same as username')),
    url_password: Type.Optional(text('The same as password')),
    email: Type.Optional(text('For Email')),
  },
  {
    'x-name': 'FoneNumberNotify',
    examples: [
      {
        fonenumber: '5005550100',
        type: 'Callback',
        url: 'https://www.example.com/calls?from={{from}}&to={{to}}&status={{status}}',
        method: 'GET',
      },
    ],
  },
)
type Body = Static<typeof notifySchema>

const optionsSchema = Type.Object({
  method: Type.Enum([...methods]),
  username: Type.Union([Type.String(), Type.Null()]),
  password: Type.String(),
})
const options = Compile(optionsSchema)

/** How a callback is made, beside its address. */
export type NotifyOptions = Static<typeof optionsSchema>

/** The options of a subscription as they were stored. Throws when they are not ours: a bug. */
export function readOptions(stored: unknown): NotifyOptions {
  if (options.Check(stored)) return stored
  throw new Error('these are no options of a callback')
}

/** What is wanted: nothing (any more), or a callback, or an e-mail: `mailto:` and its address. */
export type Wanted = 'none' | { readonly url: string; readonly options: NotifyOptions }

/** Failures `missing_parameter`, `invalid_request`. */
export function readWanted(body: Body): Wanted {
  const url = filled(body.url)?.trim()
  const type = wordOf(types, 'type', filled(body.type) ?? (url && 'Callback'))
  if (type === 'None') return 'none'
  if (type === 'Email') {
    const email = filled(body.email)?.trim()
    if (email === undefined) throw missing('email')
    return { url: mailUrlOf(email), options: { method: 'GET', username: null, password: '' } }
  }
  if (url === undefined) throw missing('url')
  refuseControl('url', url)
  const method = wordOf(methods, 'method', filled(body.method))
  return { url, options: { method, ...loginOf(body) } }
}

function loginOf(body: Body): Pick<NotifyOptions, 'username' | 'password'> {
  const username = oneOf(body, 'username', 'url_username')
  const password = oneOf(body, 'password', 'url_password')
  if (username === undefined && password !== undefined) throw missing('username')
  // RFC 7617 section 2: the first colon ends the name, and neither may hold control characters.
  if (username?.includes(':')) {
    throw new Failure('invalid_request', 'username must not hold a colon', 'username')
  }
  refuseControl('username', username)
  refuseControl('password', password)
  return { username: username ?? null, password: password ?? '' }
}

/** Line ends and their like have no place in an address or a header; half characters can't be sent. */
function refuseControl(field: string, value = ''): void {
  if (!/\p{Cc}/u.test(value) && value.isWellFormed()) return
  throw new Failure('invalid_request', `${field} must not hold control characters`, field)
}

/** One value that has two names, the second from older versions of the API. */
function oneOf(body: Body, name: keyof Body, oldName: keyof Body): string | undefined {
  const [value, old] = [filled(body[name]), filled(body[oldName])]
  if (value === undefined || old === undefined || value === old) return value ?? old
  throw new Failure('invalid_request', `${name} and ${oldName} are not the same`, oldName)
}

/** Forms send what was left empty as an empty text. */
function filled(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** Upper and lower case are the same. */
function wordOf<Word extends string>(
  words: readonly Word[],
  field: string,
  value: string | undefined,
): Word {
  if (value === undefined) throw missing(field)
  const word = words.find((one) => one.toLowerCase() === value.trim().toLowerCase())
  if (word !== undefined) return word
  throw new Failure('invalid_request', `${field} must be one of ${words.join(', ')}`, field)
}

const missing = (field: string) => new Failure('missing_parameter', `${field} is required`, field)
