import { WireError } from '../wire/wire-error.js'
import { TransportError } from './transport.js'

/** The TransportError for whatever stopped an exchange with the server; one that is one already stays as it is. */
export function exchangeError(server: string, error: unknown): TransportError {
  if (error instanceof TransportError) return error
  if (error instanceof WireError) {
    const code = error.fault === 'name' ? 'EBADNAME' : 'EBADRESP'
    return new TransportError(code, `${server}: ${error.message}`, { cause: error })
  }
  const code = codeOf(error)
  const message = error instanceof Error && error.message !== '' ? error.message : code
  if (isCertificateFault(code)) {
    return new TransportError('ECERT', `${server}: its certificate is refused: ${message}`, { cause: error })
  }
  return new TransportError(code, `${server}: ${message}`, { cause: error })
}

export function closedError(server: string): TransportError {
  return new TransportError('ECLOSED', `${server}: the transport is closed`)
}

/** True where the connection broke: on a reused one the server has perhaps not seen the query (RFC 7766 section 6.2.4). */
export const isLost = (error: unknown) =>
  error instanceof TransportError && ['ECONNRESET', 'EPIPE'].includes(error.code)

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO'
}

// X509_V_ERR_* as Node names them (node:tls, "X509 certificate error codes"), and its own check of the name.
const certificateFault =
  /^(?:UNABLE_TO_(?:GET|DECRYPT|DECODE|VERIFY)_|CERT_|CRL_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$|ERR_TLS_CERT_ALTNAME_)/

const isCertificateFault = (code: string) => certificateFault.test(code)
