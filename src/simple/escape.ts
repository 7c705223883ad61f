const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
}

/** Text for HTML, as Python's `html.escape` writes it. The one place where text becomes HTML. */
export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char) : text
}

/** A link's target: percent-encodes what must not stand in an attribute or a URL, keeps what is encoded. */
export function escapeHref(url: string): string {
  const encoded =
    /^[\x21-\x7e]*$/.test(url) && !/["<>`{}|\\^]/.test(url)
      ? url
      : url.replace(/[^\x21-\x7e]+|["<>`{}|\\^]/g, (part) => encodeURIComponent(part.toWellFormed()))
  return escapeHtml(encoded)
}
