import { type Static, Type } from 'typebox'
import { applicationOf, setApplication } from '../../../app/directory/application.ts'
import { Failure } from '../../../core/failures.ts'
import type { DefaultApplication } from '../../../core/ports/store.ts'
import { type Route, route } from '../../dialect.ts'
import { readAsking, renderAsking, urlFormatSchema } from './asking.ts'
import { methodSchema } from './call-schema.ts'

const base = '/v1/voice/application'
const tag = 'Application'
const url = (description: string) => Type.String({ minLength: 1, maxLength: 2048, description })

const applicationSchema = Type.Object(
  {
    url: url('Asked for instructions'),
    method: Type.Optional(methodSchema),
    url_format: urlFormatSchema,
    fallback_url: Type.Optional(url('Asked when `url` can not be, or has no answer that is one')),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'Application' },
    examples: [{ url: 'https://app.example.com/voice', url_format: 'form' }],
  },
)
const replies = { 200: { says: 'The application', schema: applicationSchema } }

const render = ({ url: asked, method, ...asking }: DefaultApplication) => ({
  ...{ url: asked, method },
  ...renderAsking(asking),
})

const read = ({ url: asked, method, ...asking }: Static<typeof applicationSchema>) => ({
  url: asked,
  method: method ?? 'POST',
  ...readAsking(asking),
})

const get = route({
  method: 'GET',
  path: base,
  operation: {
    ...{ id: 'getApplication', tag, summary: "The account's default application" },
    replies: { ...replies, 404: { says: 'There is none' } },
  },
  async run({ account }) {
    const application = applicationOf(account)
    if (!application) throw new Failure('not_found', 'The account has no default application')
    return { status: 200, body: render(application) }
  },
})

const put = route({
  method: 'PUT',
  needs: 'manage',
  path: base,
  body: applicationSchema,
  operation: {
    ...{ id: 'setApplication', tag, summary: "Set the account's default application" },
    description:
      "Asked what a call is to do that was made with neither url nor verbs, and where a call goes on whose own application, and that one's fallback, can not be asked or has no answer that is one.",
    replies,
  },
  async run({ account, body }, { directory }) {
    const application = read(body)
    await setApplication(directory, account, application)
    return { status: 200, body: render(application) }
  },
})

const remove = route({
  method: 'DELETE',
  needs: 'manage',
  path: base,
  operation: {
    ...{ id: 'deleteApplication', tag, summary: 'Have no default application any more' },
    replies: { 204: { says: 'There is none now' } },
  },
  async run({ account }, { directory }) {
    await setApplication(directory, account, undefined)
    return { status: 204 }
  },
})

export const applicationRoutes: readonly Route[] = [get, put, remove]
