import { expect, test } from 'vitest'
import { peerAddressOf } from '../../../engine/app/peer-address.ts'
import type { DeviceId } from '../../../engine/core/ids.ts'
import type { RegisteredContact, SipTarget, TrunkRecord } from '../../../engine/core/ports/sip.ts'

const device: SipTarget = { kind: 'device', deviceId: 'd' as DeviceId }
const trunk = (host: string): SipTarget => ({
  kind: 'trunk',
  trunk: { host } as TrunkRecord,
  number: '+61400000001',
})

test.each<[string, SipTarget, string[], string | undefined]>([
  ['a trunk at an address', trunk('192.0.2.1'), [], '192.0.2.1'],
  ['a trunk by name', trunk('carrier.example'), [], undefined],
  ['a phone', device, ['udp/10.0.0.5:5060'], '10.0.0.5'],
  ['a phone, IPv6', device, ['tls/[2001:db8::5]:40000'], '2001:db8::5'],
  ['two phones at one place', device, ['udp/10.0.0.5:5060', 'tcp/10.0.0.5:9'], '10.0.0.5'],
  ['phones at several', device, ['udp/10.0.0.5:5060', 'udp/10.0.0.6:5060'], undefined],
  ['no phone', device, [], undefined],
  ['an address of SIP', { kind: 'uri', uri: 'sip:a@192.0.2.1' }, [], undefined],
])('%s', (_title, target, sources, peerAddress) => {
  const contacts = sources.map((source) => ({ source }) as RegisteredContact)
  const found = peerAddressOf({ registeredContacts: () => contacts }, target)
  expect(found.peerAddress).toBe(peerAddress)
})
