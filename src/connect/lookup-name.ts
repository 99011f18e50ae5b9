/**
 * True where Node may be asked to look the text up as a name: labels of 1 to 63 octets, 253 in all without a final dot, no
 * spaces or control characters (RFC 1035 section 2.3.4). Letters beyond ASCII pass: Node turns them into A-labels itself.
 */
export function canBeLookedUp(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (Buffer.byteLength(name) > 253 || /[\s\p{Cc}]/u.test(name)) return false
  return name.split('.').every(label => label !== '' && Buffer.byteLength(label) <= 63)
}
