import { deviceNamed } from '../../../app/directory/devices.ts'
import { type Route, route } from '../../dialect.ts'
import { deviceParams } from './device-tokens.ts'

const feed = route({
  method: 'GET',
  path: '/v1/voice/devices/:device_id/feed',
  params: deviceParams,
  ofDevice: { param: 'device_id' },
  operation: {
    id: 'followDevice',
    tag: 'Device page',
    summary: "What has changed on a device's page, as it happens",
    description:
      'Server-sent events, to be read with `fetch`, since the credential stands in a header. `event` is `ready` (first), `contacts`, `calls`, `voicemails` (that list is to be read again) or `restarting` (the engine ends, come back later). `id` is the place in the log of the account: sent as `Last-Event-ID` it brings what was missed. A comment comes every 15 seconds. A feed ends with the token that it was asked for with.',
    produces: 'text/event-stream',
    replies: {
      200: { says: 'Events without end' },
      429: { says: 'Too many feeds: 8 of a device, 1000 in all' },
    },
  },
  async run({ account, params, lastEventId, endsAtMs }, { directory, deviceFeeds }) {
    const device = await deviceNamed(directory, account.id, params.device_id)
    const after = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined
    return {
      follow: (send, end) =>
        deviceFeeds.follow(
          { device, after, untilMs: endsAtMs },
          { tell: (name, id) => send({ name, id, data: {} }), end },
        ),
    }
  },
})

export const deviceFeedRoutes: readonly Route[] = [feed]
