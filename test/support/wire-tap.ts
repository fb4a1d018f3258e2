import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** What goes over the loopback interface, as somebody on the way would see it. Needs the right to capture. */
export interface WireTap {
  /** The payloads of the RTP packets until now, without headers. Ends the tap. */
  stop(): Promise<Buffer[]>
}

/** Of UDP at these ports, `from-to`. Rejects when nothing may be captured here. */
export async function tapWire(ports: string): Promise<WireTap> {
  const filter = `udp portrange ${ports}`
  const options = ['-i', 'lo', '-n', '-l', '-f', filter, '-T', 'fields', '-e', 'udp.payload']
  const child = spawn('tshark', options, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let [said, seen] = ['', '']
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString()
  })
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => reject(new Error(`tshark captures nothing: ${said}`)))
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString()
      if (/Capture started|Capturing on/.test(said)) resolve()
    })
  })
  return {
    stop: async () => {
      // what is in its buffers is written first
      await new Promise((resolve) => setTimeout(resolve, 500))
      child.kill('SIGINT')
      await exited
      const packets = seen.split('\n').map((line) => Buffer.from(line.trim(), 'hex'))
      return packets.filter(isRtp).map((packet) => packet.subarray(12))
    },
  }
}

/** Not RTCP (RFC 5761 section 4), nor what keeps a NAT open. */
const isRtp = (packet: Buffer): boolean => {
  const type = (packet[1] ?? 0) & 0x7f
  return packet.length > 12 && packet[0]! >> 6 === 2 && !(type >= 64 && type < 96)
}

/** Shannon entropy of all their bytes, in bits per byte: 8 for what looks like chance. */
export function entropyOf(parts: readonly Buffer[]): number {
  const counts = new Array<number>(256).fill(0)
  for (const part of parts) for (const byte of part) counts[byte]! += 1
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts
    .filter((count) => count > 0)
    .reduce((bits, count) => bits - (count / total) * Math.log2(count / total), 0)
}
