/** The modules behind the engine's call page, those that others import first. */
const modules = [
  'dom',
  'format',
  'key',
  'ladder',
  'timeline-model',
  'timeline',
  'waveform',
  'call',
] as const
const styles = ['style', 'ladder'] as const

/** Answers that the saved page gets instead of the engine's. */
export interface SavedAnswers {
  readonly timeline: unknown
  readonly sip: unknown
  readonly sipText: Uint8Array
  readonly sipPcap: Uint8Array
  readonly recordings: unknown
  readonly peaks: unknown
  readonly wav: Uint8Array
}

const dataUrl = (type: string, content: string | Uint8Array): string =>
  `data:${type};base64,${Buffer.from(content).toString('base64')}`

/**
 * The engine's own page of a call as one file that needs no engine: page, style, scripts and the
 * answers to what the scripts ask are all inside. `get` fetches a path of the engine as text.
 */
export async function savedPage(
  get: (path: string) => Promise<string>,
  callId: string,
  answers: SavedAnswers,
): Promise<string> {
  const page = await get(`/calls/${callId}`)
  const style = await Promise.all(styles.map((name) => get(`/assets/${name}.css`)))
  const icon = dataUrl('image/svg+xml', await get('/assets/icon.svg'))
  const imports: Record<string, string> = {}
  for (const name of modules) {
    const script = await get(`/assets/${name}.js`)
    const bare = script.replaceAll(/from '\.\/([a-z-]+)\.js'/g, "from '$1'")
    imports[name] = dataUrl('text/javascript', bare)
  }
  return page
    .replace(/<link rel="icon"[^>]*>/, '')
    .replace(/<nav .*?<\/nav>/, '')
    .replace(/<p class="back">.*?<\/p>/, '')
    .replaceAll('/assets/icon.svg', icon)
    .replaceAll(/<link rel="stylesheet"[^>]*>/g, '')
    .replace('</head>', () => `<style>${style.join('\n')}</style>\n</head>`)
    .replace(
      /<script type="module"[^>]*><\/script>/,
      () => `<script type="importmap">${JSON.stringify({ imports })}</script>
<script>${standIn(answers)}</script>
<script type="module">import 'call'</script>`,
    )
}

/** Plain script that answers `fetch` from what is saved. */
function standIn(answers: SavedAnswers): string {
  const { timeline, sip, recordings, peaks, wav } = answers
  const saved = JSON.stringify({
    events: timeline,
    sip,
    recordings,
    peaks,
    files: {
      media: dataUrl('audio/wav', wav),
      'sip?format=text': dataUrl('text/plain', answers.sipText),
      'sip?format=pcap': dataUrl('application/vnd.tcpdump.pcap', answers.sipPcap),
    },
  }).replaceAll('<', '\\u003c')
  return `
const saved = ${saved}
sessionStorage.setItem('ringdown.key', 'saved')
const realFetch = window.fetch
window.fetch = (path) => {
  const [asked, what] = /([a-z]+)(?:\\?.*)?$/.exec(String(path))
  if (saved.files[asked]) return realFetch(saved.files[asked])
  return Promise.resolve(new Response(JSON.stringify(saved[what]), { headers: { 'content-type': 'application/json', date: new Date().toUTCString() } }))
}`
}
