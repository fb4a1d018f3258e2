import { soundReader } from './peaks/sound.ts'

interface Block {
  readonly rateHz: number
  readonly channels: number
  /** Interleaved. */
  readonly samples: Int16Array
}

/** The samples of a recording as its file is read. Fails where there is no sound in it, or another format. */
export async function* soundBlocks(
  bytes: AsyncIterable<Uint8Array>,
  format: 'wav' | 'opus',
): AsyncGenerator<Block, void, undefined> {
  let [channels, rateHz] = [1, 8000]
  let found: Block[] = []
  const reader = await soundReader(format, {
    begins(count, rate) {
      channels = count
      rateHz = rate
    },
    takes(samples) {
      if (samples.length > 0) found.push({ rateHz, channels, samples: samples.slice() })
    },
  })
  const taken = () => {
    const some = found
    found = []
    return some
  }
  for await (const piece of bytes) {
    await reader.take(piece)
    yield* taken()
  }
  await reader.end()
  yield* taken()
}
