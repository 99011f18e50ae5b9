import { codeOf, isError } from '../../../lib/thrown.js'

/** The URL as errors and logs show it: without credentials, and without the query, which often is one. */
export function shownUrl({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search === '' ? '' : '?...'}`
}

/** The header for the URL's credentials (RFC 7617, as UTF-8); empty where it has none. */
export function basicAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const credentials = `${decodePart(username)}:${decodePart(password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** What failed, in words that are never empty: an AggregateError of many addresses has no message of its own. */
export function describeFailure(error: unknown): string {
  return `can't be fetched: ${messageOf(error)}`
}

function messageOf(error: unknown): string {
  if (!isError(error)) return String(error)
  if (error.message !== '') return error.message
  const parts: unknown = 'errors' in error ? error.errors : undefined
  if (Array.isArray(parts) && parts.length > 0) return parts.map(messageOf).join('; ')
  return codeOf(error) ?? error.name
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a stray per cent sign: taken as it stands
  }
}
