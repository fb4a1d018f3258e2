/** The little SDP that the lab's phones speak: one audio line, G.711 and telephone-event. */
export interface Remote {
  readonly address: string
  readonly port: number
  /** 0 (PCMU) or 8 (PCMA). */
  readonly payloadType: number
  readonly telephoneEventType: number | undefined
}

/** Undefined when there is no audio that the lab can speak. */
export function readSdp(sdp: string): Remote | undefined {
  const lines = sdp.split(/\r?\n/)
  const media = lines.findIndex((line) => line.startsWith('m=audio '))
  const [, port, , ...types] = lines[media]?.split(' ') ?? []
  const address = (
    lines.slice(media).find((line) => line.startsWith('c=')) ??
    lines.find((line) => line.startsWith('c='))
  )?.split(' ')[2]
  const payloadType = types.map(Number).find((type) => type === 0 || type === 8)
  const event = /a=rtpmap:(\d+) telephone-event\/8000/i.exec(sdp)?.[1]
  if (!port || port === '0' || !address || payloadType === undefined) return undefined
  return {
    address,
    port: Number(port),
    payloadType,
    telephoneEventType: event === undefined ? undefined : Number(event),
  }
}

export function writeSdp(address: string, port: number, remote?: Remote): string {
  const event = remote ? remote.telephoneEventType : 101
  const audio = remote ? [remote.payloadType] : [0, 8]
  const types = event === undefined ? audio : [...audio, event]
  return [
    'v=0',
    `o=lab ${port} 1 IN IP4 ${address}`,
    's=lab',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${types.join(' ')}`,
    ...audio.map((type) => `a=rtpmap:${type} ${type === 0 ? 'PCMU' : 'PCMA'}/8000`),
    ...(event === undefined
      ? []
      : [`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-16`]),
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n')
}
