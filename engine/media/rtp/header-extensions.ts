/** Header extensions of RTP (RFC 8285). */

/** Number that mediasoup gives to the one with the loudness (RFC 6464), whatever number the peer gave it. */
export const MEDIASOUP_AUDIO_LEVEL = 6
