import { html } from './html.ts'
import { layout } from './layout.ts'

/** One call: its legs, SIP messages and events over time, and its recording. A script fills it in. */
export function callPage(version: string): string {
  return layout({
    title: 'Call - Ringdown',
    script: 'call.js',
    styles: ['/assets/ladder.css'],
    version,
    main: html`<p class="back"><a href="/about">All calls</a></p>
<div id="gate"><p class="hint">This page needs JavaScript.</p></div>
<div id="call" hidden>
<section class="hero call-head" aria-live="polite">
<h1><span id="one"></span> <span class="arrow" id="arrow">→</span> <span id="other"></span></h1>
<p><span class="chip" id="status"></span> <span id="summary"></span></p>
</section>
<section aria-labelledby="timeline-title">
<div class="title"><h2 id="timeline-title">Timeline</h2></div>
<div class="card scroll" id="timeline"></div>
</section>
<section aria-labelledby="recording-title" id="recording" hidden>
<div class="title"><h2 id="recording-title">Recording</h2><a class="quiet" id="download" download>Download WAV</a></div>
<div class="card"><div id="waveform"></div><audio id="player" controls preload="auto"></audio></div>
</section>
<section aria-labelledby="sip-title" id="sip" hidden>
<div class="title"><h2 id="sip-title">SIP</h2><span class="row">
<button type="button" class="quiet" id="sip-text">Download text</button>
<button type="button" class="quiet" id="sip-pcap">Download pcap</button></span></div>
<div class="card"><p class="fault" id="sip-truncated" hidden>Some messages are not here: there was no room for them.</p>
<div class="scroll" id="ladder"></div><div id="message" aria-live="polite"></div></div>
</section>
<section aria-labelledby="events-title">
<div class="title"><h2 id="events-title">Events</h2></div>
<div class="card scroll"><table>
<thead><tr><th scope="col">Time</th><th scope="col">Leg</th><th scope="col">Event</th><th scope="col">Details</th></tr></thead>
<tbody id="events"></tbody></table></div>
</section>
</div>`,
  })
}
