import { ConfigError } from '../../errors.js'

const LONGEST_CONTACT = 200

/**
 * The User-Agent with a contact for whoever runs the upstream, as a comment: `bandersnatch/1.0 (contact: a@example.org)`.
 * RFC 9110, 10.1.5 and 5.6.5: a comment must not hold control characters, and brackets and backslashes nest or escape.
 * @param contact a mail address or URL
 * @throws ConfigError for a contact with other characters than visible ASCII ones and single spaces
 */
export function withContact(userAgent: string, contact: string | undefined): string {
  if (contact === undefined || contact === '') return userAgent
  const allowed = contact.length <= LONGEST_CONTACT && /^[!-'*-[\]-~]+(?: [!-'*-[\]-~]+)*$/.test(contact)
  if (!allowed) {
    throw new ConfigError(
      `[mirror] contact must be a mail address or URL: ASCII without ( ) and \\, ${LONGEST_CONTACT} characters at most`,
    )
  }
  return `${userAgent} (contact: ${contact})`
}
