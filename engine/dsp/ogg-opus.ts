/**
 * Ogg Opus files (RFC 7845) into samples, piece by piece: the one file that knows the package `ogg-opus-decoder`. It is
 * loaded when it is first needed.
 */
export interface OggOpusDecoder {
  /** What is whole by now. */
  decode(bytes: Uint8Array): Promise<OpusSound>
  /** What is left at the end of the file. */
  flush(): Promise<OpusSound>
  free(): void
}

/** One array a channel, all of one length; none when nothing is whole yet. */
export interface OpusSound {
  readonly channels: readonly Float32Array[]
}

/** Rates to which libopus decodes by itself, whatever the file was made from. */
export type OpusRateHz = 8_000 | 12_000 | 16_000 | 24_000 | 48_000

/** As the package does it: its types do not know that it takes a rate. */
interface Decoder {
  readonly ready: Promise<void>
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>
  flush(): Promise<Decoded>
  free(): void
}
interface Decoded {
  readonly channelData: readonly Float32Array[]
  readonly samplesDecoded: number
}
type DecoderClass = new (options: { readonly sampleRate: OpusRateHz }) => Decoder

/** What comes out of it rejects or throws for what is no Ogg Opus. */
export async function openOggOpus(rateHz: OpusRateHz): Promise<OggOpusDecoder> {
  const { OggOpusDecoder: Made } = (await import('ogg-opus-decoder')) as unknown as {
    OggOpusDecoder: DecoderClass
  }
  const decoder = new Made({ sampleRate: rateHz })
  await decoder.ready
  return {
    decode: async (bytes) => soundOf(await decoder.decode(bytes)),
    flush: async () => soundOf(await decoder.flush()),
    free: () => decoder.free(),
  }
}

const soundOf = ({ channelData, samplesDecoded }: Decoded): OpusSound => ({
  channels: samplesDecoded === 0 ? [] : channelData,
})
