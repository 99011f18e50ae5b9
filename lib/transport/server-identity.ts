import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'

/**
 * Connect options by which the certificate has to name the host. An address is looked for among the certificate's
 * addresses alone, by OpenSSL: Node's own check finds none for an IPv6 one (v22.23.3: it takes it for a name).
 */
export function identityOptions(host: string): {
  servername?: string
  checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined
} {
  if (isIP(host) === 0) return { servername: host.replace(/\.$/, '') }
  return { checkServerIdentity: (_host, certificate) => checkAddress(host, certificate) }
}

function checkAddress(host: string, certificate: PeerCertificate): Error | undefined {
  const [address = host] = host.split('%')
  if (new X509Certificate(certificate.raw).checkIP(address) !== undefined) return undefined
  const error = new Error(
    `${address} is not among the certificate's addresses: ${certificate.subjectaltname ?? 'none'}`,
  )
  return Object.assign(error, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: address, cert: certificate })
}
