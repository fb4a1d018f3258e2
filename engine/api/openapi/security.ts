import type { CredentialPlace, Credentials, OfDevice, Route } from '../dialect.ts'
import type { Json } from './components.ts'

/** The security schemes of a dialect by name, in the order in which it looks for them; any one will do. */
export function schemesOf({ places, kinds }: Credentials): Record<string, Json> {
  return Object.fromEntries(places.map((place) => [names[place], schemes[place](kinds)]))
}

const deviceToken = 'DeviceTokenAuth'
const deviceLogin = 'DeviceLoginAuth'

/** How else a route is open that is a device's own. */
export const deviceSchemeNames = ({ takesPassword }: OfDevice): string[] => [
  deviceToken,
  ...(takesPassword ? [deviceLogin] : []),
]

/** The schemes by which devices come in, where there are routes for them. */
export function deviceSchemes(routes: readonly Route[]): Record<string, Json> {
  const asked = new Set(
    routes.flatMap(({ ofDevice }) => (ofDevice ? deviceSchemeNames(ofDevice) : [])),
  )
  return Object.fromEntries(Object.entries(forDevices).filter(([name]) => asked.has(name)))
}

const forDevices: Record<string, Json> = {
  [deviceToken]: {
    ...{ type: 'http', scheme: 'bearer' },
    description:
      'A token of the device that the path names; everything else is refused to it (403)',
  },
  [deviceLogin]: {
    ...{ type: 'http', scheme: 'basic' },
    description: "The device's user name and password",
  },
}

const names: Record<CredentialPlace, string> = {
  'x-api-key': 'ApiKeyAuth',
  token: 'TokenAuth',
  bearer: 'BearerAuth',
  'basic-user': 'BasicAuth',
  raw: 'AuthorizationAuth',
}

type Kinds = Credentials['kinds']

const schemes: Record<CredentialPlace, (kinds: Kinds) => Json> = {
  'x-api-key': (kinds) => inHeader('X-API-Key', wordFor(kinds)),
  token: (kinds) => inHeader('token', wordFor(kinds)),
  bearer: (kinds) => ({
    type: 'http',
    scheme: 'bearer',
    ...(kinds.includes('token') ? { bearerFormat: 'JWT' } : {}),
    description: wordFor(kinds),
  }),
  'basic-user': (kinds) => ({
    type: 'http',
    scheme: 'basic',
    description: `${wordFor(kinds)} as user name; any password`,
  }),
  raw: (kinds) => inHeader('Authorization', `${wordFor(kinds)} as the whole value`),
}

const inHeader = (name: string, description: string): Json => {
  return { type: 'apiKey', in: 'header', name, description }
}

function wordFor(kinds: Kinds): string {
  if (!kinds.includes('token')) return 'An API key'
  return kinds.includes('key') ? 'An API key or a signed token (JWT)' : 'A signed token (JWT)'
}
