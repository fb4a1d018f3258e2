import type { FastifyInstance } from 'fastify'

/**
 * What the browser phone has to know before anybody signs in: where it is by HTTPS, without which browsers give it no
 * microphone. `https_url` is the address that is set for clients, `https_port` our own listener's; null: there is none.
 */
export function addPageSettings(
  app: FastifyInstance,
  publicUrl: string,
  httpsPort: () => number | undefined,
): void {
  app.get('/page-settings.json', async () => ({
    https_url: publicUrl.startsWith('https://') ? publicUrl : null,
    https_port: httpsPort() ?? null,
  }))
}
