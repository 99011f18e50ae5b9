/**
 * What a stranger wrote (a broker, a server, the author of a map), fit for one line of a message, a log or a terminal:
 * no character moves the cursor, breaks the line or changes the order in which it is read, and it is cut after
 * `maxLength` characters.
 */
export function visibleText(text: string, maxLength = 300): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  // Control and format characters (C0, C1, bidi, zero-width), line and paragraph separators, halves of surrogate pairs.
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escape)
}

function escape(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}
