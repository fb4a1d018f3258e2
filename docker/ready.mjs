// Exit code 0 when the engine in this container takes calls, 1 when it does not (yet, or any more).

const port = process.env.RINGDOWN_HTTP_PORT || '8080'
const listening = process.env.RINGDOWN_HTTP_HOST || '0.0.0.0'
const host = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[listening] ?? listening
const url = `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}/readyz`
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2500) })
  process.exitCode = answer.ok ? 0 : 1
} catch {
  process.exitCode = 1
}
