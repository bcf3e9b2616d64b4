/**
 * Whether a list of entity tags, as If-Match and If-None-Match have them (RFC 9110, section 13.1), names this one, or is `*`.
 * Weak or not: an answer has the same content under its tag, however it is compressed.
 */
export function namesTag(list: string, tag: string): boolean {
  const own = opaque(tag)
  return list.trim() === '*' || list.split(',').some((each) => opaque(each.trim()) === own)
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}
