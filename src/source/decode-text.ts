/**
 * The bytes as text, without a byte order mark. Throws a TypeError whose message completes `map.yaml: ...`, and which
 * never holds any of the bytes: not UTF-8, a NUL byte, or nothing but white space. An empty map is written `rules: []`:
 * an empty file is what a writer leaves that was interrupted.
 */
export function decodeMapText(bytes: Uint8Array): string {
  const text = decode(bytes)
  const nul = text.indexOf('\0')
  if (nul !== -1) throw new TypeError('holds a NUL character, expected text in UTF-8')
  if (text.trim() === '') throw new TypeError('is empty, expected a map (one without rules is written rules: [])')
  return text
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new TypeError('is not text in UTF-8', { cause: error })
  }
}
