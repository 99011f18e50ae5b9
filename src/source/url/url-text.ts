import { errorCode } from '../map-source.js'

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
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  return errorCode(error) ?? error.name
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a stray per cent sign: taken as it stands
  }
}
