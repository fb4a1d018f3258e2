import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { ScriptedCall } from '../../support/scripted-call.ts'
import { phoneSdp, ScriptedPhone } from '../../support/scripted-phone.ts'

/** A SIP peer with PCMU that takes every call and returns each packet at once, to where it came from. */
export class Reflector {
  readonly port: number
  readonly #phone: ScriptedPhone
  readonly #sockets: Set<Socket>

  private constructor(phone: ScriptedPhone, sockets: Set<Socket>) {
    this.port = phone.port
    this.#phone = phone
    this.#sockets = sockets
  }

  static async open(address: string): Promise<Reflector> {
    const sockets = new Set<Socket>()
    const phone = await ScriptedPhone.open({
      address,
      onCall: (call) => void take(call, address, sockets),
    })
    return new Reflector(phone, sockets)
  }

  close(): void {
    this.#phone.close()
    for (const socket of this.#sockets) socket.close()
  }
}

async function take(call: ScriptedCall, address: string, sockets: Set<Socket>): Promise<void> {
  const socket = createSocket('udp4')
  sockets.add(socket)
  socket.on('message', (packet, { port, address: from }) => socket.send(packet, port, from))
  socket.bind(0, address)
  await once(socket, 'listening')
  call.accept(phoneSdp(address, socket.address().port))
  await call.ended
  if (sockets.delete(socket)) socket.close()
}
