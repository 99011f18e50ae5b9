import type { HttpAnswer } from './http-get.js'
import { decodeMapText, sourceError } from '../map-source.js'

/** The copy's text. Throws `ConfigError` where the answer is no map: another status, HTML, binary, nothing. */
export function checkCopy({ status, headers, body }: HttpAnswer, origin: string): string {
  if (status !== 200) throw sourceError(origin, `answered with status ${status}, expected 200`)
  if (/^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '')) throw html(origin)
  const text = decodeMapText(body, origin)
  if (text.trimStart().startsWith('<')) throw html(origin)
  return text
}

/** The answer's strong or weak entity tag (RFC 9110 section 8.8.3); undefined where there is none that may be sent back. */
export function entityTag({ headers }: HttpAnswer): string | undefined {
  const { etag } = headers
  return typeof etag === 'string' && /^(W\/)?"[\x21\x23-\x7e]{0,1000}"$/.test(etag) ? etag : undefined
}

/**
 * Where a redirect leads. Throws `ConfigError` unless that is the same origin: whoever may publish the map at one
 * origin has no right to move it to another, and the credentials are for this origin only.
 */
export function redirectTarget({ status, headers }: HttpAnswer, from: URL, origin: string): URL {
  const { location } = headers
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) {
    throw sourceError(origin, `answered with status ${status} without a place to go to`)
  }
  const target = new URL(location, from)
  if (target.origin !== from.origin) {
    throw sourceError(origin, `redirects to another origin, ${target.origin}, which is not followed`)
  }
  target.username = target.password = target.hash = ''
  return target
}

const html = (origin: string) => sourceError(origin, 'answered with a web page, expected a map (is it a log-in page?)')
