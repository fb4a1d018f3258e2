import { createSocket } from 'node:dgram'
import { UdpPeer } from '../loop/sip/support/peer.ts'

/** A SIP element with a loopback address of its own, such as 127.0.1.7. */
export async function peerAt(address: string, serverPort: number, port = 0): Promise<UdpPeer> {
  const socket = createSocket('udp4')
  await new Promise<void>((done) => {
    socket.bind(port, address, done)
  })
  return new UdpPeer(socket, serverPort)
}
