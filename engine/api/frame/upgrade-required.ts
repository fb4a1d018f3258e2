import type { FastifyInstance } from 'fastify'
import { Failure } from '../../core/failures.ts'

/** What a request gets where only WebSockets are: 426 (RFC 9110 section 15.5.22), whoever asks. */
export function requireUpgrade(scope: FastifyInstance, path: string): void {
  scope.route({
    method: 'GET',
    url: path,
    handler: async (_request, reply) => {
      void reply.headers({ upgrade: 'websocket', connection: 'Upgrade' })
      throw new Failure('upgrade_required', 'Connect here by WebSocket (RFC 6455)')
    },
  })
}
