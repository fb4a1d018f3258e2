import { Type } from 'typebox'
import { verbsJsonSchema } from '../../../app/verb-json-schema.ts'
import { type Route, route } from '../../dialect.ts'

/** What is answered is a schema itself. */
const anySchema = Type.Object({}, { additionalProperties: true, 'x-name': 'JsonSchema' })

const get = route({
  method: 'GET',
  path: '/v1/voice/verbs.schema.json',
  operation: {
    id: 'getVerbsSchema',
    tag: 'Calls',
    summary: 'The JSON schema of a list of verbs',
    description:
      'By JSON Schema 2020-12: what an application answers, and what `verbs` of a call or of a number may be.',
    replies: { 200: { says: 'The schema', schema: anySchema } },
  },
  run: async () => ({ status: 200, body: verbsJsonSchema }),
})

export const verbSchemaRoutes: readonly Route[] = [get]
