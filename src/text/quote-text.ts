const maxLength = 120

/** The text in quotes, fit for one line of a message: cut where long, control characters escaped. */
export function quoteText(text: string): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  return `'${cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, escape)}'`
}

const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
