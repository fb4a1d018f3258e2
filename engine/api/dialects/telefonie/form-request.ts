import type { OutgoingRequest } from '../../../core/ports/web.ts'

/** Fields of a form; those without a value are left out, objects are JSON. */
export type FormFields = Readonly<Record<string, unknown>>

/** A form, or with GET a query, signed as users of TwiML check it. */
export function formRequest(
  { url, method }: Pick<OutgoingRequest, 'url' | 'method'>,
  fields: FormFields,
): OutgoingRequest {
  const said = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined
      ? []
      : [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]],
  )
  const signature = { header: 'x-twilio-signature', over: 'address-and-fields' } as const
  if (method === 'GET') {
    const whole = new URL(url)
    for (const [name, value] of said) whole.searchParams.append(name, value)
    return { url: whole.href, method, signature }
  }
  return {
    ...{ url, method, signature },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(said).toString(),
  }
}

/** JSON, or with GET the same query. */
export const jsonRequest = (
  { url, method }: Pick<OutgoingRequest, 'url' | 'method'>,
  fields: object,
): OutgoingRequest =>
  method === 'GET'
    ? formRequest({ url, method }, { ...fields })
    : {
        ...{ url, method, headers: { 'content-type': 'application/json' } },
        body: JSON.stringify(fields),
      }
