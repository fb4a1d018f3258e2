import {
  decodeUser,
  encodeUser,
  parseNameAddress,
  parseSipUri,
  quoteName,
  splitList as splitValues,
} from '../../../engine/sip/address.ts'
import { nextHopOf } from '../../../engine/sip/call/routes.ts'
import { callerOf, partyOf } from '../../../engine/sip/party.ts'
import {
  parseAddress,
  parseUri,
  parseVia,
  splitList,
  tagOf,
} from '../../../engine/sip-server/index.ts'
import { param, withoutParam } from '../../../engine/sip-server/message/params.ts'
import { promise, type Target } from '../target.ts'

const seeds = [
  '"A \\"B\\"" <sip:alice:secret@192.0.2.1:5066;transport=tcp;lr?Subject=x>;tag=a;q=0.5;expires=60',
  'sip:alice@example.com;tag=x',
  'sips:%61%6c@[2001:db8::1]:5061;user=phone',
  'tel:+1-202-555-0100;phone-context=example.com',
  '<sip:a@b>, "c, d" <sip:e@f>;x="g,h", *',
  'SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bKx;rport;received=192.0.2.9',
  'udp/[2001:db8::1]:5060',
  'sip:+12025550100@192.0.2.1:99999',
  'sip:',
  '<',
  '%',
  'None',
  'sip:\xe9\x88\xb4@h',
]

export const address: Target = {
  name: 'address',
  about: 'URIs, name-addresses, Via values and lists of them',
  seeds,
  pieces: [
    'sip:',
    'sips:',
    'tel:',
    '<sip:a@b>',
    ';a=b',
    ';a="',
    '<"',
    '">',
    '%4',
    '.',
    '-',
    '_',
    'a@',
    '[:',
  ],
  mostBytes: 65_536,
  run(input) {
    for (const piece of splitList(input).slice(0, 50)) {
      const read = parseAddress(piece)
      promise(read === undefined || read.uri !== '', 'an address has a URI')
      tagOf(piece)
    }
    param(input, 'tag')
    promise(param(withoutParam(input, 'tag'), 'tag') === undefined, 'what is taken out is out')
    parseUri(input)
    parseVia(input)
    for (const value of splitValues(input).slice(0, 50)) parseNameAddress(value)
    const uri = parseSipUri(input)
    if (uri !== undefined) decodeUser(uri.user)
    const party = partyOf(input)
    promise(!('name' in party) || party.name.length <= 128, 'a name is short')
    callerOf(input)
    nextHopOf(input)
    // latin-1 has no lone surrogates, so every name can be encoded
    promise(!/[\s<>"]/.test(encodeUser(input)), 'an encoded user is safe in a URI')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    promise(!/[\u0000-\u001f]/.test(quoteName(input)), 'a display name is one line')
  },
}
