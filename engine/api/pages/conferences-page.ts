import { html } from './html.ts'
import { layout } from './layout.ts'

/** The conferences of the account, and a form for a new one. A script fills it in. */
export function conferencesPage(version: string): string {
  return layout({
    title: 'Conferences - Ringdown',
    script: 'conferences.js',
    styles: ['/assets/room.css'],
    version,
    main: html`<section class="hero room-head">
<h1>Conferences</h1>
</section>
<div id="gate"><p class="hint">This page needs JavaScript.</p></div>
<div id="page" hidden>
<section aria-labelledby="new-title">
<div class="title"><h2 id="new-title">Open a room</h2></div>
<form class="card fields" id="create" autocomplete="off">
<label class="grow">Name <input name="friendly_name" maxlength="128" placeholder="Monday"></label>
<label>PIN <input name="pin" inputmode="numeric" pattern="[0-9]{4,16}" title="4 to 16 digits" placeholder="none"></label>
<label>Members at most <input name="max_participants" type="number" min="2" max="250" value="250" required></label>
<label class="check"><input name="record" type="checkbox"> Record it</label>
<button type="submit">Open</button>
<p class="fault" role="alert" hidden></p>
</form>
</section>
<section aria-labelledby="live-title">
<div class="title"><h2 id="live-title">Rooms</h2>
<button type="button" class="quiet" id="forget">Forget key</button></div>
<div class="card scroll" id="rooms" aria-live="polite"><p class="hint">Looking…</p></div>
</section>
</div>`,
  })
}
