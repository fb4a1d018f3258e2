import { parseArgs } from 'node:util'

/** What a token is asked for with. */
export interface WantedToken {
  readonly kind: string
  readonly subject: string | null
  /** Empty: none was named. */
  readonly businesses: readonly string[]
  readonly hours: number
}

const maxHours = 87_600
const usage =
  'usage: npm run -s token -- <staff|app|directory> [--business <uid>]... [--subject <uid>] [--hours <n>]'
const help = `${usage}

Prints a bearer token, for the requests that take no API key.
  --business <uid>  a business that it is for; may be given more than once. Without it a token of the kind
                    staff or app is for the account's own id, one of the kind directory for all
  --subject <uid>   who it is
  --hours <n>       how long it is good for, 1 to ${maxHours}; 24 if absent`
const kinds: readonly string[] = ['staff', 'app', 'directory']

/** The arguments cannot be used; the message is for whoever typed them. */
export class ArgumentFault extends Error {
  constructor(what: string) {
    super(`${what}\n${usage}`)
    this.name = 'ArgumentFault'
  }
}

/** Reads what was typed after the program's name; a text is what was asked for as help. Throws ArgumentFault. */
export function readArguments(given: readonly string[]): WantedToken | string {
  const { values, positionals } = parsed(given)
  if (values.help) return help
  const [kind, ...rest] = positionals
  if (kind === undefined) throw new ArgumentFault('the kind of token is missing')
  if (!kinds.includes(kind)) throw new ArgumentFault(`there are no tokens of the kind "${kind}"`)
  if (rest.length > 0) throw new ArgumentFault(`"${rest[0]}" is one argument too many`)
  const { business: businesses = [], subject = null, hours = '24' } = values
  if ([...businesses, subject].includes('')) {
    throw new ArgumentFault('--business and --subject can not be empty')
  }
  if (!/^\d{1,5}$/.test(hours) || Number(hours) < 1 || Number(hours) > maxHours) {
    throw new ArgumentFault(`--hours must be a whole number from 1 to ${maxHours}`)
  }
  return { kind, subject, businesses, hours: Number(hours) }
}

function parsed(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        business: { type: 'string', multiple: true },
        subject: { type: 'string' },
        hours: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new ArgumentFault(error instanceof Error ? error.message : String(error))
  }
}
