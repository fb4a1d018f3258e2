import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

/** One conference as it goes on: who is there, who speaks, and what can be done. A script fills it in. */
export function conferencePage(version: string): string {
  return layout({
    title: 'Conference - Ringdown',
    script: 'conference.js',
    styles: ['/assets/room.css'],
    version,
    main: html`<p class="back"><a href="/conferences">All conferences</a></p>
<div id="gate"><p class="hint">This page needs JavaScript.</p></div>
<div id="room" class="room" hidden>
<section class="hero room-head">
<h1 id="name"></h1>
<p class="row"><span class="chips" id="chips"></span><span id="summary"></span></p>
</section>
<p class="banner" id="away" role="status" hidden>No connection to the engine. Trying again…</p>
<div id="live">
<details class="card controls" id="controls" open>
<summary>Invite, record, lock, say…</summary>
<section class="tools" aria-label="The room">
<div class="row" id="switches">
<button type="button" class="quiet" id="record">Record</button>
<button type="button" class="quiet" id="pause" hidden>Pause recording</button>
<button type="button" class="quiet" id="lock">Lock</button>
<button type="button" class="quiet" id="mute-all">Mute all</button>
<button type="button" class="quiet" id="stop-playing">Stop playing</button>
<button type="button" class="quiet danger" id="end">End for everybody</button>
</div>
${inviteForm()}
<form class="fields" id="say" autocomplete="off">
<label class="grow">Say to everybody <input name="text" required maxlength="4096"></label>
<button type="submit" class="quiet">Say</button>
</form>
</section>
</details>
<p class="fault" id="fault" role="alert" hidden></p>
<section aria-labelledby="members-title">
<div class="title"><h2 id="members-title">Members</h2>
<p class="loudest">Loudest: <b id="loudest">nobody</b></p>
<label class="filter"><span class="hidden">Find a member</span><input id="filter" type="search" placeholder="Find a member"></label></div>
<ul class="members" id="members"></ul>
<p class="card hint" id="nobody" hidden></p>
</section>
</div>
<section class="card" id="over" hidden>
<h2>This conference is over</h2>
<p id="over-text"></p>
</section>
<section aria-labelledby="recordings-title" id="recordings" hidden>
<div class="title"><h2 id="recordings-title">Recordings</h2></div>
<div class="card" id="recording-list"></div>
</section>
</div>
${memberDialog()}
<div class="said" id="said" role="status"></div>`,
  })
}

const inviteForm = (): Html => html`<form class="fields" id="invite" autocomplete="off">
<label class="grow">Invite <input name="to" required maxlength="256" list="devices" placeholder="number, device or SIP address"></label>
<label>Caller ID <input name="from" required maxlength="256" list="numbers"></label>
<button type="submit" class="quiet">Call</button>
<datalist id="devices"></datalist><datalist id="numbers"></datalist>
</form>`

/** What can be done with one member, beyond what his tile has. */
const memberDialog = (): Html => html`<dialog id="member" aria-labelledby="member-name">
<form method="dialog" class="title"><h2 id="member-name"></h2><button class="quiet">Close</button></form>
<p class="hint" id="member-about"></p>
<form id="options" autocomplete="off">
<div class="checks">
<label><input type="checkbox" name="muted"> Muted</label>
<label><input type="checkbox" name="deaf"> Deaf</label>
<label><input type="checkbox" name="hold"> On hold</label>
<label><input type="checkbox" name="moderator"> Moderator</label>
<label><input type="checkbox" name="priority"> Priority speaker</label>
</div>
<label>How loud others hear this member <input type="range" name="volume_db" min="-40" max="20" step="1">
<output id="volume-text"></output></label>
<label>How loud this member hears others <input type="range" name="listen_volume_db" min="-40" max="20" step="1">
<output id="listen-text"></output></label>
<label>Heard by one only (coach) <select name="coaching"></select></label>
<label>Private talk with <select name="private_with"></select></label>
<label>Label <input name="label" maxlength="128"></label>
</form>
<form class="fields" id="say-one" autocomplete="off">
<label class="grow">Say to this member alone <input name="text" required maxlength="4096"></label>
<button type="submit" class="quiet">Say</button>
</form>
<div class="row actions"><button type="button" class="quiet" id="record-one">Record alone</button>
<button type="button" class="quiet danger" id="kick">Hang up</button></div>
<p class="hint" id="member-said" role="status"></p>
<p class="fault" id="member-fault" role="alert" hidden></p>
</dialog>`
