/**
 * The User-Agent with a contact for whoever runs the upstream, as a comment: `bandersnatch/1.0 (contact: a@example.org)`
 * (RFC 9110, 10.1.5).
 * @param contact a mail address or URL, which the configuration has checked
 */
export function withContact(userAgent: string, contact: string | undefined): string {
  return contact === undefined ? userAgent : `${userAgent} (contact: ${contact})`
}
