/** What is shorter would also be found where no secret is. */
const shortestBase64 = 6

/** The text without the secrets, as they are and in the forms in which protocols carry them. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets.filter(secret => secret !== '').flatMap(formsOf)
  // The longest first: a form may hold another.
  return forms.toSorted((a, b) => b.length - a.length).reduce((shown, form) => shown.replaceAll(form, '***'), text)
}

function formsOf(secret: string): readonly string[] {
  // Through UTF-8: encodeURIComponent throws for half of a surrogate pair.
  const escaped = encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8'))
  const lower = escaped.replace(/%../g, hex => hex.toLowerCase())
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    escaped,
    lower,
    escaped.replaceAll('%20', '+'),
    ...[0, 1, 2].flatMap(offset => base64Core(secret, offset)),
  ]
  return [...new Set(forms)]
}

/** The base64 characters that are the secret's alone, where this many octets, modulo 3, come before it. */
function base64Core(secret: string, offset: number): readonly string[] {
  const octets = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret, 'utf8')])
  const first = Math.ceil((offset * 8) / 6)
  const end = Math.floor((octets.length * 8) / 6)
  return (['base64', 'base64url'] as const)
    .map(encoding => octets.toString(encoding).slice(first, end))
    .filter(core => core.length >= shortestBase64)
}
