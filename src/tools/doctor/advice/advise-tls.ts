import type { Facts } from './facts.js'
import { fail, warn, type Finding } from './finding.js'
import type { Probe } from '../types.js'

/** What the TLS handshake and the certificate show. */
export function adviseTls(probe: Probe, facts: Facts): readonly (Finding | undefined)[] {
  const { failedStep } = probe
  // TLS 1.3 reports a refused client certificate at the first request only.
  const isLate = failedStep !== null && ['kafka', 'sasl', 'metadata'].includes(failedStep)
  if (failedStep !== 'tls' && !isLate) return [expiryAdvice(probe)]
  const certificate = certificateAdvice(probe, facts)
  return [certificate ?? (isLate ? undefined : handshakeAdvice(probe, facts)), expiryAdvice(probe)]
}

const untrusted =
  /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_(UNTRUSTED|NOT_YET_VALID|CHAIN|SIGNATURE|REVOKED|REJECTED)|INVALID_CA)/
const wantsClientCertificate =
  /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED/

function certificateAdvice({ error, host, certificate }: Probe, facts: Facts): Finding | undefined {
  const code = error?.code ?? ''
  const names = certificate?.names.slice(0, 5).join(', ') ?? 'no name'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongName(names, host, facts)
  if (code === 'CERT_HAS_EXPIRED') {
    return fail(
      'certificate-expired',
      `the certificate expired on ${certificate?.validTo.slice(0, 10) ?? 'an unknown day'}.`,
      'Ask the team that runs the brokers to renew it.',
    )
  }
  if (untrusted.test(code)) {
    const issuer = certificate?.issuer ?? ''
    return fail(
      'certificate-untrusted',
      `the certificate (${names}, issued by ${issuer === '' ? 'an unknown authority' : issuer}) is not trusted here (${code}).`,
      'Pass the authority that issued it: to the doctor with --ca FILE, to the client as',
      ["ssl: { ca: [readFileSync('ca.pem')] },"],
    )
  }
  if (!wantsClientCertificate.test(code)) return undefined
  const what = facts.hasClientCertificate ? 'does not accept the client certificate' : 'wants a client certificate'
  return fail(
    'client-certificate',
    `the broker ${what} (${code}).`,
    'Check --cert and --key, and the authority that the brokers trust.',
  )
}

function wrongName(names: string, host: string, { servername }: Facts): Finding {
  if (servername === null) {
    return fail(
      'certificate-name',
      `the certificate is for ${names}, not for ${host}.`,
      'The rule maps to the endpoint of another cluster, or something on the way chose it by another name (SNI).',
    )
  }
  return fail(
    'certificate-name',
    `the certificate is for ${names}, not for ${servername}, the servername that is set.`,
    'It is sent and checked for every broker: leave it out, and each is checked by its own name.',
  )
}

function handshakeAdvice({ error }: Probe, { patienceMs }: Facts): Finding {
  const code = error?.code ?? ''
  if (code === 'ETIMEDOUT') {
    return fail(
      'connect-silent',
      `connected, but no answer to TLS in ${patienceMs} ms.`,
      'Is something else than a TLS listener behind that port, or a load balancer without targets?',
    )
  }
  if (code === 'ECONNRESET' || code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return fail(
      'tls-at-plaintext-port',
      'what answers does not speak TLS.',
      "Is it a plaintext listener's port? Leave out --tls, or use the port of the TLS listener. A load balancer without a healthy target closes connections so, too.",
    )
  }
  return fail('other', `TLS failed: ${error?.message ?? 'for no reason given'}.`)
}

const soonDays = 30

function expiryAdvice({ certificate, error }: Probe): Finding | undefined {
  if (certificate === null || error?.code === 'CERT_HAS_EXPIRED' || certificate.expiresInDays >= soonDays)
    return undefined
  const day = certificate.validTo.slice(0, 10)
  return warn(
    'certificate-expires-soon',
    `the certificate (${certificate.names[0] ?? 'no name'}) expires in ${certificate.expiresInDays} days, on ${day}.`,
    'Ask the team that runs the brokers to renew it.',
  )
}
