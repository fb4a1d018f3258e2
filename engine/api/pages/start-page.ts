import type { ApiOptions, LabNumber, Readiness } from '../options.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

/** The numbers of the sample call: the lab's agent and lead, or those of nobody in particular. */
const labSample = { agent: '+15005550111', lead: '+15005550130' }
const otherSample = { agent: '+61412345678', lead: '+61498765432' }

export function startPage(options: ApiOptions): string {
  const { version, publicUrl, labNumbers = [] } = options
  const hasLab = labNumbers.length > 0
  return layout({
    title: 'Ringdown',
    script: 'start.js',
    version,
    main: html`<section class="hero">
<h1>Phone calls, one HTTP request away.</h1>
<p>This engine makes phones ring. It speaks, listens for keys, connects people, records them, and
tells your application what happened.</p>
${stateOf(options.readiness())}
</section>
${firstCall(publicUrl, hasLab)}
<section aria-labelledby="recent-title">
<div class="title"><h2 id="recent-title">Recent calls</h2>
<button type="button" class="quiet" id="forget" hidden>Forget key</button></div>
<div class="card" id="recent"><p class="hint">This list needs JavaScript.</p></div>
</section>
${hasLab ? labTable(labNumbers) : html``}`,
  })
}

function stateOf({ ready, checks }: Readiness): Html {
  const rows = Object.entries(checks).map(
    ([name, state]) =>
      html`<li class="${state === 'ok' ? 'good' : 'bad'}"><b>${name}</b> ${state}</li>`,
  )
  return html`<div class="state ${ready ? 'good' : 'bad'}">
<strong>${ready ? 'Ready' : 'Not ready'}</strong>
<ul>${rows}</ul>
</div>`
}

function firstCall(publicUrl: string, hasLab: boolean): Html {
  const { agent, lead } = hasLab ? labSample : otherSample
  const body = { agentPhone: agent, leadPhone: lead, leadName: 'Sarah Johnson', source: 'Zillow' }
  const command = `curl -X POST ${publicUrl}/api/voice/trigger-call \\
  -H "Authorization: Bearer YOUR_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${spaced(body)}'`
  const now = html`<button type="button" id="call-now" data-body="${JSON.stringify(body)}">Place this call now</button>`
  const story = hasLab
    ? 'On the lab carrier: the agent answers, hears who the lead is and presses 1; the lead answers and speaks. No real telephone rings.'
    : 'Rings the agent, says who the lead is, and on key 1 rings the lead and connects the two.'
  return html`<section aria-labelledby="first-title">
<div class="title"><h2 id="first-title">Place a call</h2></div>
<div class="card">
<p>${story}</p>
<div class="code"><pre><code id="command">${command}</code></pre>
<button type="button" class="quiet copy" data-copy="command">Copy</button></div>
<div class="row actions">${hasLab ? now : html``}<span class="fault" id="call-fault" role="alert" hidden></span></div>
</div>
</section>`
}

/** JSON for people: a space after each comma and colon, two fields a line. */
function spaced(body: Readonly<Record<string, string>>): string {
  const fields = Object.entries(body).map(([name, value]) => `"${name}": "${value}"`)
  return `{${fields.map((field, i) => (i > 0 && i % 2 === 0 ? `\n       ${field}` : field)).join(', ')}}`
}

function labTable(numbers: readonly LabNumber[]): Html {
  const rows = numbers.map(
    ({ number, does }) => html`<tr><td class="number">${number}</td><td>${does}</td></tr>`,
  )
  return html`<section aria-labelledby="lab-title">
<div class="title"><h2 id="lab-title">Lab numbers</h2></div>
<div class="card">
<p>A telephone network inside this machine, with real SIP and real audio. K is the key that is pressed,
N a digit of your choice.</p>
<table><thead><tr><th scope="col">Number</th><th scope="col">Whoever answers</th></tr></thead>
<tbody>${rows}</tbody></table>
</div>
</section>`
}
