/** Descriptions as browsers and SIP phones write them. */

/** Of Chromium 150 with a microphone, a camera (but two of its formats left out) and a data channel. */
const chromiumLines = `
v=0
o=- 1767789027222190476 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS 01c9e5b7-3579-405e-b327-0e8e981e2092
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1274869564 1 udp 2113937151 91bd0b56-685e-49e9-b4bd-1663ea2f48a5.local 47993 typ host generation 0 network-cost 999
a=candidate:1284414348 1 udp 2113942271 49d51c3b-8fb4-4c0e-9d9d-c2a3a58fe26d.local 55984 typ host generation 0 network-cost 999
a=ice-ufrag:2nq5
a=ice-pwd:AA7AuQchNPTxy6LNZgkskgVg
a=ice-options:trickle
a=fingerprint:sha-256 C9:62:71:09:F3:7F:B0:22:AF:B6:A8:C8:93:EF:94:BA:A5:0A:C8:38:04:44:08:51:60:D6:EC:45:BD:C7:95:5F
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:01c9e5b7-3579-405e-b327-0e8e981e2092 757f91f6-b44d-4bd2-bc29-8694ee47721a
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3560357298 cname:7cau/0gccWVaI0Co
a=ssrc:3560357298 msid:01c9e5b7-3579-405e-b327-0e8e981e2092 757f91f6-b44d-4bd2-bc29-8694ee47721a
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1274869564 1 udp 2113937151 91bd0b56-685e-49e9-b4bd-1663ea2f48a5.local 53679 typ host generation 0 network-cost 999
a=candidate:1284414348 1 udp 2113942271 49d51c3b-8fb4-4c0e-9d9d-c2a3a58fe26d.local 56166 typ host generation 0 network-cost 999
a=ice-ufrag:2nq5
a=ice-pwd:AA7AuQchNPTxy6LNZgkskgVg
a=ice-options:trickle
a=fingerprint:sha-256 C9:62:71:09:F3:7F:B0:22:AF:B6:A8:C8:93:EF:94:BA:A5:0A:C8:38:04:44:08:51:60:D6:EC:45:BD:C7:95:5F
a=setup:actpass
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:13 urn:3gpp:video-orientation
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing
a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=sendrecv
a=msid:- 6d9ed345-3533-465a-9935-8cdfdbd29c49
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 2163693584 4050835163
a=ssrc:2163693584 cname:7cau/0gccWVaI0Co
a=ssrc:2163693584 msid:- 6d9ed345-3533-465a-9935-8cdfdbd29c49
a=ssrc:4050835163 cname:7cau/0gccWVaI0Co
a=ssrc:4050835163 msid:- 6d9ed345-3533-465a-9935-8cdfdbd29c49
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=candidate:1274869564 1 udp 2113937151 91bd0b56-685e-49e9-b4bd-1663ea2f48a5.local 38779 typ host generation 0 network-cost 999
a=candidate:1284414348 1 udp 2113942271 49d51c3b-8fb4-4c0e-9d9d-c2a3a58fe26d.local 58189 typ host generation 0 network-cost 999
a=ice-ufrag:2nq5
a=ice-pwd:AA7AuQchNPTxy6LNZgkskgVg
a=ice-options:trickle
a=fingerprint:sha-256 C9:62:71:09:F3:7F:B0:22:AF:B6:A8:C8:93:EF:94:BA:A5:0A:C8:38:04:44:08:51:60:D6:EC:45:BD:C7:95:5F
a=setup:actpass
a=mid:2
a=sctp-port:5000
a=max-message-size:262144`

const crlf = (lines: string): string => `${lines.trim().split('\n').join('\r\n')}\r\n`

export const chromiumVideoOffer = crlf(chromiumLines)
/** With nothing but the microphone. */
export const chromiumOffer = crlf(
  chromiumLines.slice(0, chromiumLines.indexOf('m=video')).replace('BUNDLE 0 1 2', 'BUNDLE 0'),
)

/** In the shape of Firefox: what is of the whole session stands at its head, the end names sendrecv twice. */
export const firefoxOffer = crlf(`
v=0
o=mozilla...THIS_IS_SDPARTA-99.0 3871940529341213912 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 5B:93:EB:26:09:8A:2E:C0:DB:B1:A9:A8:0B:1E:DE:5A:FC:6C:28:CD:11:0D:50:F4:69:97:57:C7:5C:C8:33:11
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 57321 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 192.0.2.33
a=candidate:0 1 UDP 2122252543 192.0.2.33 57321 typ host
a=candidate:1 1 TCP 2105524479 192.0.2.33 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:2ca3a8a8a4d4dbe71cd3c5ee5b0b5f33
a=ice-ufrag:8cd2f9a1
a=mid:0
a=msid:{3af4f04c-6b4e-4bc1-a0f7-1a7f63e7e6d1} {70e1cb63-7a2e-4ab1-9a5c-0d8b4c6dbf6a}
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=setup:actpass
a=ssrc:2147483700 cname:{0a1f6c5b-2b7f-4a68-8d5f-6f6f0d9f5b10}
`)

/** A SIP phone with SRTP over TLS, in the shape of Linphone. */
export const linphoneOffer = crlf(`
v=0
o=1001 3747 2289 IN IP4 192.0.2.34
s=Talk
c=IN IP4 192.0.2.34
t=0 0
a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
a=record:off
m=audio 7078 RTP/SAVPF 96 97 98 0 8 101 99
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 speex/16000
a=fmtp:97 vbr=on
a=rtpmap:98 speex/8000
a=fmtp:98 vbr=on
a=rtpmap:101 telephone-event/48000
a=rtpmap:99 telephone-event/8000
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:0123456789abcdefghijABCDEFGHIJ+/+/+/+/+/
a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:abcdefghij0123456789ABCDEFGHIJ+/+/+/+/+/
a=crypto:3 AES_256_CM_HMAC_SHA1_80 inline:${'A'.repeat(62)}==
a=crypto:4 AEAD_AES_128_GCM inline:${'B'.repeat(37)}A==
a=rtcp-fb:* trr-int 1000
a=rtcp-fb:* ccm tmmbr
`)

/** In the shape of baresip with `mediaenc=srtp-mand`. */
export const baresipSrtpOffer = crlf(`
v=0
o=- 2943718432 1207811531 IN IP4 192.0.2.35
s=-
c=IN IP4 192.0.2.35
t=0 0
a=tool:baresip 1.0.0
m=audio 10000 RTP/SAVP 96 0 8 101
a=rtpmap:96 opus/48000/2
a=fmtp:96 stereo=1;sprop-stereo=1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:10001
a=sendrecv
a=label:1
a=rtcp-rsize
a=ssrc:1911416213 cname:sip:1002@example.com
a=ptime:20
a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:abcdefghij0123456789ABCDEFGHIJ+/+/+/+/+/
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:0123456789abcdefghijABCDEFGHIJ+/+/+/+/+/
`)

/** In the shape of baresip with `mediaenc=dtls_srtp` and no ICE. */
export const baresipDtlsOffer = baresipSrtpOffer
  .replace('RTP/SAVP', 'UDP/TLS/RTP/SAVP')
  .replace(/a=crypto.*\r\n/g, '')
  .concat(`a=setup:actpass\r\na=fingerprint:sha-256 ${'AB:'.repeat(31)}AB\r\na=rtcp-mux\r\n`)
