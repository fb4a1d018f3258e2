const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
const whole = (value: number): string => value.toLocaleString('en')

/** What of `/metrics` an operator looks at first: its name there, its label, and how it is written. */
const shown: readonly (readonly [name: string, label: string, write: (value: number) => string])[] =
  [
    ['ringdown_calls', 'calls', whole],
    ['ringdown_conferences', 'conferences', whole],
    ['ringdown_conference_members', 'members of conferences', whole],
    ['ringdown_media_legs', 'legs with audio', whole],
    ['ringdown_media_threads', 'media threads', whole],
    ['ringdown_media_thread_deaths', 'media threads that died', whole],
    ['ringdown_media_tick_late_p99_seconds', 'media tick late (p99)', ms],
    ['ringdown_media_packets_lost', 'packets lost', whole],
    ['ringdown_nodejs_eventloop_lag_p99_seconds', 'event loop late (p99)', ms],
    ['ringdown_process_resident_memory_bytes', 'memory', mib],
    ['ringdown_process_open_fds', 'open files', whole],
    ['ringdown_webhook_attempts_total', 'webhooks tried', whole],
  ]

/** Reads the text form of Prometheus; several samples of one name are added up. */
export function metricsIn(
  text: string,
): readonly { readonly label: string; readonly value: string }[] {
  const sums = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})? (\S+)/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
  }
  return shown.flatMap(([name, label, write]) => {
    const value = sums.get(name)
    return value === undefined ? [] : [{ label, value: write(value) }]
  })
}
