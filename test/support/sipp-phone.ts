import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listening } from './listening.ts'
import { type Part, writeRtpPcap } from './rtp-pcap.ts'

const received = `
  <recv request="INVITE" crlf="true" rrs="true"><action>
    <ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/></action></recv>
  <Reference variables="1"/>`

const response = (line: string, body = '') => `
  <send${body ? ' retrans="500"' : ''}><![CDATA[
SIP/2.0 ${line}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]SIPpTag[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
${body ? 'Content-Type: application/sdp\n' : ''}Content-Length: ${body ? '[len]' : '0'}

${body}]]></send>`

const sdp = `v=0
o=sipp 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
`

/** Of a phone that presses keys as tones only. */
const sdpWithoutEvents = sdp.replace('AVP 0 101', 'AVP 0').replace(/a=(rtpmap|fmtp):101.*\n/g, '')

const ok = response('200 OK')
const bye = `
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [$2];tag=[pid]SIPpTag[call_number]
To: [$1]
[last_Call-ID:]
CSeq: 10 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>`

/** Answers, sends the capture, then waits for a BYE, or sends one when \`hangUp\`. */
function scenario(pcap: string, lengthMs: number, hangUp: boolean, body: string): string {
  const invite = received
    .replace('</action>', '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/></action>')
    .replace('variables="1"', 'variables="1,2"')
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="phone">${invite}${response('180 Ringing')}${response('200 OK', body)}
  <recv request="ACK" rtd="true" crlf="true"/>
  <nop><action><exec play_pcap_audio="${pcap}"/></action></nop>
  ${hangUp ? `<pause milliseconds="${lengthMs}"/>${bye}` : `<recv request="BYE" timeout="60000"/>${ok}`}
</scenario>`
}

/** A sipp that is called once: a phone behind a trunk, at an address of its own. */
export interface SippPhone {
  readonly address: string
  readonly port: number
  /** Resolves to sipp's exit code: 0 when its one call went as the scenario says. */
  done(): Promise<number | null>
  /** What sipp logged about failures, for the message of a failed test. */
  log(): string
  stop(): void
}

export async function startSippPhone(options: {
  readonly address: string
  readonly port: number
  readonly mediaPort: number
  readonly sends: readonly Part[]
  /** Hang up after this; without it the phone waits for the other side's BYE. */
  readonly hangUpAfterMs?: number
  /** It does not name telephone events. */
  readonly withoutEvents?: boolean
}): Promise<SippPhone> {
  const { address, port, mediaPort, sends, hangUpAfterMs, withoutEvents } = options
  const body = withoutEvents ? sdpWithoutEvents : sdp
  const folder = mkdtempSync(join(tmpdir(), 'sipp-'))
  const pcap = join(folder, 'sends.pcap')
  writeRtpPcap(pcap, sends)
  const xml = join(folder, 'phone.xml')
  writeFileSync(xml, scenario(pcap, hangUpAfterMs ?? 0, hangUpAfterMs !== undefined, body))
  const args = ['-sf', xml, '-i', address, '-p', String(port), '-mi', address]
  args.push('-mp', String(mediaPort), '-m', '1', '-nostdin', '-trace_err')
  const child: ChildProcess = spawn('sipp', args, { cwd: folder, stdio: 'ignore' })
  child.on('error', () => {})
  const exited = once(child, 'exit')
  await listening(child, port, address)
  return {
    address,
    port,
    done: async () => (await exited)[0],
    log: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n'),
    stop: () => {
      if (child.exitCode === null) child.kill('SIGKILL')
    },
  }
}
