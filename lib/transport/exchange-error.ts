import { WireError } from '../wire/wire-error.js'
import { TransportError } from './transport.js'

const MAX_REASON = 250

/** The TransportError for whatever stopped an exchange with the server; one that is one already stays as it is. */
export function exchangeError(server: string, error: unknown): TransportError {
  if (error instanceof TransportError) return error
  const options = { cause: error }
  if (error instanceof WireError) {
    return new TransportError(error.fault === 'name' ? 'EBADNAME' : 'EBADRESP', server, error.message, options)
  }
  const message = textOf(error, 'message') ?? (typeof error === 'string' ? error : '')
  const code = textOf(error, 'code') ?? (textOf(error, 'name') === 'HTTPParserError' ? 'HPE_' : 'EIO')
  if (certificateFault.test(code)) return new TransportError('ECERT', server, certificateReason(error), options)
  const httpReason = httpReasons.get(code)
  if (httpReason !== undefined) return new TransportError(httpReason.code, server, httpReason.reason, options)
  const reason = printable(message === '' ? code : message)
  return new TransportError(/^(?:UND_ERR_|HPE_)/.test(code) ? 'EHTTP' : code, server, reason, options)
}

export function closedError(server: string): TransportError {
  return new TransportError('ECLOSED', server, 'the transport is closed')
}

export function lostError(server: string): TransportError {
  return new TransportError('ECONNRESET', server, 'the connection was closed before the answer')
}

/** True where the connection broke: on a reused one the server has perhaps not seen the query (RFC 7766 section 6.2.4). */
export const isLost = (error: unknown) =>
  error instanceof TransportError && ['ECONNRESET', 'EPIPE'].includes(error.code)

/** A server's text as it may stand in a message: one line of characters that everybody sees. */
export function printable(text: string, max = MAX_REASON): string {
  const shown = text.slice(0, max).replace(/[^\x20-\x7e]/g, '?')
  return text.length > max ? `${shown}...` : shown
}

// X509_V_ERR_* as Node names them (node:tls, "X509 certificate error codes"), and its own check of the name.
const certificateFault =
  /^(?:UNABLE_TO_(?:GET|DECRYPT|DECODE|VERIFY)_|CERT_|CRL_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_ALTNAME_)/

/** Names both sides where the certificate is another server's. */
function certificateReason(error: unknown): string {
  const host = textOf(error, 'host')
  const certificate = propertyOf(error, 'cert')
  if (host === undefined || typeof certificate !== 'object' || certificate === null)
    return `its certificate is refused: ${printable(textOf(error, 'message') ?? '')}`
  const names = textOf(certificate, 'subjectaltname') ?? 'no name'
  return `its certificate is for ${printable(names, 120)}, not for ${printable(host, 120)}`
}

/** What undici's codes mean for an exchange. */
const httpReasons: ReadonlyMap<string, { readonly code: string; readonly reason: string }> = new Map([
  ['UND_ERR_SOCKET', { code: 'ECONNRESET', reason: 'the connection was closed before the answer' }],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', { code: 'EHTTP', reason: 'a body longer than a DNS message' }],
])

/** Not by class: errors of Node are no instances of this realm's Error where the client runs in another one (Jest). */
const propertyOf = (thrown: unknown, key: string): unknown =>
  typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, key) : undefined

/** The property, where it is a text. */
function textOf(thrown: unknown, key: string): string | undefined {
  const value = propertyOf(thrown, key)
  return typeof value === 'string' ? value : undefined
}
