import type { StreamConversation, StreamNews } from './conversation.ts'

/** The words that a server of streams understands. It holds no audio and does nothing by itself. */
export interface StreamProtocol {
  /** 20 ms of one track, behind a head where the wish says so. */
  audio(message: Uint8Array): string | Uint8Array
  /** Texts to be sent; none where it has no words for that. */
  news(news: StreamNews): readonly string[]
  /** What the server has sent. Rejects for bugs alone. */
  read(message: string | Uint8Array, talk: StreamConversation): Promise<void>
}

/** Ours: that of the socket of a call's audio. */
export const nativeProtocol: StreamProtocol = {
  audio: (message) => message,
  news: (news) => [JSON.stringify(news)],
  async read(message, talk) {
    if (typeof message === 'string') await talk.read(message)
    else talk.hear(message)
  },
}
