import { Type } from 'typebox'

/** A telephone number or an id: text, or a JSON number (which can hold no plus and no zero in front). */
export const digits = (description: string, maxLength = 64) =>
  Type.Union(
    [Type.String({ maxLength }), Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })],
    { description },
  )

export const serviceType = (description: string) => Type.String({ maxLength: 32, description })
