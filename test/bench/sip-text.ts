import { parseMessage, printMessage, responseText } from '../../engine/sip-server/index.ts'
import { phoneSdp } from '../support/scripted-phone.ts'
import { against, type Bench, type Print } from './report.ts'
import { quantileOf } from './statistics.ts'

const aimUs = 15
const perBatch = 2_000

/** As a desk phone sends it, credentials and all: 17 lines and an SDP. */
const draft = {
  start: 'INVITE sip:+61290000001@192.0.2.10:5060;user=phone SIP/2.0',
  fields: [
    ['Via', 'SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK-524287-1---7d1c3b1f2a9e0c44;rport'],
    ['Max-Forwards', '70'],
    ['Contact', '<sip:1001@198.51.100.7:5062;transport=udp>;+sip.instance="<urn:uuid:1>"'],
    ['To', '<sip:+61290000001@192.0.2.10;user=phone>'],
    ['From', '"Reception" <sip:1001@192.0.2.10>;tag=9a3f2c11'],
    ['Call-ID', '83719ZmJkYTI0OGQ4ZjA1YTk2NzRjNGE3OWM3ZjI@198.51.100.7'],
    ['CSeq', '2 INVITE'],
    ['Allow', 'INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE, UPDATE'],
    ['Content-Type', 'application/sdp'],
    ['Supported', 'replaces, norefersub, timer, outbound, 100rel'],
    ['Session-Expires', '1800;refresher=uac'],
    ['Min-SE', '90'],
    ['User-Agent', 'Bench phone 1.0'],
    ['Allow-Events', 'hold, talk, message-summary, refer'],
    ['P-Preferred-Identity', '<sip:1001@192.0.2.10>'],
    [
      'Authorization',
      'Digest username="1001", realm="ringdown", nonce="1k2j3h4g5f6d7s8a9q0w1e2r3t4y5u6i", ' +
        'uri="sip:+61290000001@192.0.2.10", response="6629fae49393a05397450978507c4ef1", ' +
        'algorithm=MD5, qop=auth, nc=00000001, cnonce="0a4f113b"',
    ],
  ],
  body: phoneSdp('198.51.100.7', 40_000),
} as const

/** What is done must be used, or it is not done. */
let sink = 0

/** Microseconds of CPU each, the median of the batches: what else runs on the machine is not in it. */
function timed(batches: number, once: () => number): number {
  const each: number[] = []
  for (let batch = 0; batch < batches; batch++) {
    const before = process.cpuUsage()
    for (let n = 0; n < perBatch; n++) sink += once()
    const { user, system } = process.cpuUsage(before)
    if (batch > 2) each.push((user + system) / perBatch)
  }
  return quantileOf(each, 0.5)
}

/** Every field that a server looks at, so that nothing that is read on demand is left out. */
function readAll(bytes: Buffer): number {
  const message = parseMessage(bytes)
  if (message === undefined) throw new Error('the INVITE is not read')
  let length = message.callId.length + message.body.length + (message.cseq?.number ?? 0)
  length += (message.fromTag?.length ?? 0) + (message.toTag?.length ?? 0)
  length += message.via?.branch?.length ?? 0
  for (let i = 0; i < message.keys.length; i++) length += message.valueAt(i).length
  return length
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const bytes = Buffer.from(printMessage(draft), 'latin1')
  const request = parseMessage(bytes)
  if (request === undefined) throw new Error('the INVITE is not read')
  const batches = isShort ? 5 : 60
  print(`  an INVITE of ${bytes.length} bytes with ${request.keys.length} header lines; CPU time`)
  const rounds = isShort ? 1 : 3
  for (let round = 1; round <= rounds; round++) {
    const parse = timed(batches, () => parseMessage(bytes)?.bytes ?? 0)
    const all = timed(batches, () => readAll(bytes))
    const print1 = timed(batches, () => Buffer.from(printMessage(draft), 'latin1').length)
    const answer = timed(batches, () => responseText(request, { status: 180, toTag: 'a' }).length)
    const us = (value: number) => against(value, aimUs, `${value.toFixed(1)} us`, 'us')
    print(`  round ${round}: parse ${us(parse)}`)
    print(`    parse and read every field ${us(all)}`)
    print(`    print to bytes ${us(print1)}`)
    print(`    180 to it ${us(answer)}`)
  }
  if (sink === 0) throw new Error('nothing was done')
}

export const sipText: Bench = {
  name: 'text',
  title: 'Reading and printing a typical INVITE',
  run,
}
