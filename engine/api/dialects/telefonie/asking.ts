import { type Static, Type } from 'typebox'
import type { InstructionFormat } from '../../../core/ports/web.ts'

/** How the application at a `url` is asked. */
export const urlFormatSchema = Type.Optional(
  Type.Unsafe<InstructionFormat>({
    ...{ type: 'string', enum: ['json', 'form'] },
    description:
      'json: the fields of the call as JSON, with names of this API; form: as a form, with the names that users of TwiML know (CallSid, From, Digits ...), in the query of a GET too. If absent json, and form from when the application has answered in TwiML',
  }),
)

export const askingSchemas = {
  url_format: urlFormatSchema,
  fallback_url: Type.Optional(
    Type.String({
      ...{ minLength: 1, maxLength: 2048 },
      description:
        'Asked by POST when the application of the call can not be, or has no answer that is one; with error_code and error_url',
    }),
  ),
}

interface Asked {
  readonly format?: InstructionFormat
  readonly fallbackUrl?: string
}

interface AskedDocument {
  url_format?: Static<typeof urlFormatSchema>
  fallback_url?: string
}

export const readAsking = ({ url_format, fallback_url }: AskedDocument): Asked => ({
  ...(url_format !== undefined && { format: url_format }),
  ...(fallback_url !== undefined && { fallbackUrl: fallback_url }),
})

export const renderAsking = ({ format, fallbackUrl }: Asked): AskedDocument => ({
  ...(format !== undefined && { url_format: format }),
  ...(fallbackUrl !== undefined && { fallback_url: fallbackUrl }),
})
