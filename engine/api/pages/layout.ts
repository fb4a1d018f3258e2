import { type Html, html } from './html.ts'

/** Scripts, styles and requests from this origin only; audio from what a script fetched. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Swagger UI's style sheet draws with images inside itself.
  "img-src 'self' data:",
  "connect-src 'self'",
  'media-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The frame around every page. */
export function layout(page: {
  readonly title: string
  /** Without one the page is what it is. */
  readonly script?: string
  /** A script of others that is no module, and runs before ours. */
  readonly classicScript?: string
  /** Style sheets beside the one of all pages. */
  readonly styles?: readonly string[]
  readonly version: string
  readonly main: Html
}): string {
  const { title, script, classicScript, styles = [], version, main } = page
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
${styles.map((href) => html`<link rel="stylesheet" href="${href}">\n`)}${
  classicScript ? html`<script defer src="${classicScript}"></script>\n` : html``
}${script ? html`<script type="module" src="/assets/${script}"></script>\n` : html``}</head>
<body>
<header class="top">
<a class="brand" href="/about"><img src="/assets/icon.svg" alt="" width="28" height="28">Ringdown</a>
<span class="version">${version}</span>
<nav aria-label="Pages"><a href="/">Phone</a><a href="/console">Console</a><a href="/conferences">Conferences</a><a href="/docs">API docs</a><a href="/metrics">Metrics</a></nav>
</header>
<main>
${main}
</main>
<template id="key-form">
<form class="key" autocomplete="off">
<label for="key-input">API key</label>
<div class="row">
<input id="key-input" name="key" type="password" required spellcheck="false"
 placeholder="sk_live_…" autocomplete="off">
<button type="submit">Use key</button>
</div>
<p class="hint">Printed when the engine first started. It stays in this browser tab.</p>
<p class="fault" role="alert" hidden></p>
</form>
</template>
</body>
</html>
`.markup
}
