import { Type } from 'typebox'
import { deviceNamed } from '../../../app/directory/devices.ts'
import { type Route, route } from '../../dialect.ts'

/** What names a device in a path: its id or its user name. */
export const deviceParams = Type.Object({
  device_id: Type.String({ description: 'Id or user name of the device' }),
})

const iceServerSchema = Type.Object({
  urls: Type.Array(Type.String()),
  username: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String()),
})
const newTokenSchema = Type.Object(
  {
    ttl: Type.Optional(
      Type.Integer({
        ...{ minimum: 60, maximum: 86_400, default: 3600 },
        description: 'Seconds for which it is good',
      }),
    ),
  },
  { additionalProperties: false, 'x-name': 'NewDeviceToken', examples: [{ ttl: 3600 }] },
)
const tokenSchema = Type.Object(
  {
    token: Type.String({
      description:
        'What the Device SDK is given. base64url of a JSON document: version (1), username, displayName, realm, authorizationUsername, secret, expiresAt, url, iceServers',
    }),
    expires_at: Type.String({ format: 'date-time' }),
    device_id: Type.String({ format: 'uuid' }),
    username: Type.String(),
    realm: Type.String(),
    display_name: Type.String(),
    sip: Type.Object({
      url: Type.Union([Type.String(), Type.Null()], {
        description:
          'The WebSocket for SIP: a URL, or a path where this was asked; null when the SIP server is not our own',
      }),
      authorization_username: Type.String({ description: "The digest's user name" }),
      password: Type.String(),
    }),
    ice_servers: Type.Array(iceServerSchema, { description: 'As RTCPeerConnection takes them' }),
  },
  { 'x-name': 'DeviceToken' },
)

const defaultLifetimeS = 3600

const issue = route({
  method: 'POST',
  path: '/v1/voice/devices/:device_id/tokens',
  params: deviceParams,
  body: newTokenSchema,
  bodyIsOptional: true,
  ofDevice: { param: 'device_id', takesPassword: true },
  operation: {
    id: 'createDeviceToken',
    tag: 'Devices',
    summary: 'Get a token with which a device logs in for a while',
    description:
      "For an API key of the account; for the device itself by its user name and password (Basic); for a token of the device that is still good: that is how one is renewed, and neither a registration nor a call ends with it. A token is good for SIP, as digest credentials, and as Bearer for the routes that are the device's own. It is kept nowhere: another password, or deleting the device, ends all of its tokens.",
    replies: {
      201: { says: 'The token, and what it stands for', schema: tokenSchema },
      403: { says: 'The token is of another device' },
      404: { says: 'There is no such device' },
      429: { says: 'Too many wrong passwords from this address, or too many requests' },
    },
  },
  async run({ account, params, body }, { deviceLogins, directory }) {
    const device = await deviceNamed(directory, account.id, params.device_id)
    const { token, content } = deviceLogins.issue(device, body.ttl ?? defaultLifetimeS)
    const { expiresAt, username, realm, displayName, iceServers } = content
    const { url, authorizationUsername, secret } = content
    return {
      status: 201,
      body: {
        ...{ token, expires_at: expiresAt, device_id: device.id, username, realm },
        display_name: displayName,
        sip: { url, authorization_username: authorizationUsername, password: secret },
        ice_servers: iceServers,
      },
    }
  },
})

export const deviceTokenRoutes: readonly Route[] = [issue]
