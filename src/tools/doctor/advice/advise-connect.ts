import { hostPort } from '../../../../lib/address/host-port.js'
import type { Facts } from './facts.js'
import type { Advice, AdviceKind, Probe } from '../types.js'

/** What came of dialling the broker. */
export function adviseConnect(probe: Probe, facts: Facts): readonly Advice[] {
  const failure = failureAdvice(probe, facts)
  return [failure, expiryAdvice(probe), timeoutAdvice(probe, facts)].filter(advice => advice !== undefined)
}

function failureAdvice(probe: Probe, facts: Facts): Advice | undefined {
  const { failedStep, error } = probe
  if (failedStep === null || error === null || failedStep === 'map') return undefined
  if (failedStep === 'dns') return probe.explanation.action === 'map' ? undefined : unresolved(probe)
  const fail = (kind: AdviceKind, text: string): Advice => ({ kind, severity: 'fail', text })
  const { code } = error
  if (failedStep === 'tcp') return tcpAdvice(probe, facts, fail)
  const certificate = certificateAdvice(probe, facts, fail)
  if (certificate !== undefined) return certificate
  const endpoint = endpointOf(probe)
  if (failedStep === 'tls') return tlsAdvice(endpoint, code, facts, fail)
  if (failedStep === 'kafka') return kafkaAdvice(endpoint, code, facts, fail)
  if (failedStep === 'sasl') return saslAdvice(probe, fail)
  if (code === 'CLOSED' && !facts.hasSasl) {
    return fail(
      'sasl-needed',
      `${endpoint} closed the connection at the first request: this listener wants credentials. Try --sasl plain or --sasl scram-sha-512 with --username.`,
    )
  }
  return fail(
    'metadata-refused',
    `${endpoint} answered, but not the request for the cluster's metadata: ${error.message}.`,
  )
}

type Fail = (kind: AdviceKind, text: string) => Advice

const endpointOf = ({ address, addressPort, host, port }: Probe) => hostPort(address ?? host, addressPort ?? port)

function unresolved({ host, error }: Probe): Advice {
  const text = `${host} does not resolve, and no rule leads it elsewhere: ${error?.message ?? ''}.`
  return { kind: 'target-not-found', severity: 'fail', text }
}

function tcpAdvice(probe: Probe, { patienceMs }: Facts, fail: Fail): Advice {
  const { error, tried } = probe
  const endpoint = endpointOf(probe)
  const all =
    tried.length > 1 ? ` All of ${tried.map(each => hostPort(each.address, each.port)).join(', ')} were tried.` : ''
  switch (error?.code) {
    case 'ECONNREFUSED':
      return fail(
        'connect-refused',
        `${endpoint} refused the connection: the host is there, but nothing listens at port ${probe.addressPort ?? probe.port}. Check the port that the rule gives, and that the load balancer has a listener there.${all}`,
      )
    case 'ECONNRESET':
    case 'EPIPE':
      return fail(
        'connect-reset',
        `${endpoint} took the connection and dropped it: a load balancer without a healthy target does that. Check the targets' health.${all}`,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return fail(
        'connect-unreachable',
        `There is no way from here to ${endpoint} (${error.code}): check the routes between this network and the endpoint's.${all}`,
      )
    case 'ETIMEDOUT':
      return fail(
        'connect-silent',
        `${endpoint} said nothing in ${patienceMs} ms. Usual causes: a security group or firewall between here and the endpoint; a port that nobody serves; a load balancer (NLB) without cross-zone balancing whose zone here has no broker.${all}`,
      )
    default:
      return fail('other', `${endpoint} could not be connected: ${error?.message ?? 'unknown reason'}.${all}`)
  }
}

const untrusted =
  /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_(UNTRUSTED|NOT_YET_VALID|CHAIN|SIGNATURE|REVOKED|REJECTED)|INVALID_CA)/
const wantsClientCertificate =
  /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED/

function certificateAdvice(probe: Probe, facts: Facts, fail: Fail): Advice | undefined {
  const { error, host, certificate } = probe
  const code = error?.code ?? ''
  const endpoint = endpointOf(probe)
  const names = certificate?.names.slice(0, 5).join(', ') ?? 'no name'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const showed = `${endpoint} showed a certificate for ${names}, not for`
    const text =
      facts.servername === null
        ? `${showed} ${host}: the rule leads to the endpoint of another cluster, or something on the way chose it by another SNI.`
        : `${showed} ${facts.servername}, the servername that is set. It is sent and checked for every broker: leave it out, and each is checked by its own name.`
    return fail('certificate-name', text)
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return fail(
      'certificate-expired',
      `The certificate of ${endpoint} expired on ${certificate?.validTo.slice(0, 10) ?? 'an unknown day'}: whoever runs the brokers must renew it.`,
    )
  }
  if (untrusted.test(code)) {
    return fail(
      'certificate-untrusted',
      `The certificate of ${endpoint} (${names}, issued by ${certificate?.issuer ?? 'an unknown authority'}) is not trusted here: ${code}. Pass its authority with --ca FILE, as "ssl.ca" in kafkajs.`,
    )
  }
  if (wantsClientCertificate.test(code)) {
    const what = facts.hasClientCertificate ? 'does not accept the client certificate' : 'wants a client certificate'
    return fail(
      'client-certificate',
      `${endpoint} ${what} (${code}): check --cert and --key, and the authority that the brokers trust.`,
    )
  }
  return undefined
}

function tlsAdvice(endpoint: string, code: string, { patienceMs }: Facts, fail: Fail): Advice {
  if (code === 'ETIMEDOUT') {
    return fail(
      'connect-silent',
      `${endpoint} took the connection but did not answer TLS in ${patienceMs} ms: is something else than a TLS listener behind that port, or a load balancer without targets?`,
    )
  }
  if (code === 'ECONNRESET' || code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return fail(
      'tls-at-plaintext-port',
      `${endpoint} does not speak TLS (${code}): a plaintext listener's port? Leave out --tls, or use the port of the TLS listener. A load balancer without a healthy target closes connections so, too.`,
    )
  }
  return fail('other', `TLS with ${endpoint} failed: ${code}.`)
}

function kafkaAdvice(endpoint: string, code: string, { isTls, patienceMs }: Facts, fail: Fail): Advice {
  if (!isTls && (code === 'CLOSED' || code === 'ECONNRESET' || code === 'ETIMEDOUT')) {
    return fail(
      'plaintext-at-tls-port',
      `${endpoint} was connected, but did not answer Kafka's first request (${code}): a TLS listener's port? Try --tls.`,
    )
  }
  const how = code === 'ETIMEDOUT' ? `in ${patienceMs} ms` : `(${code})`
  return fail(
    'no-kafka',
    `${endpoint} was connected, but did not answer Kafka's first request ${how}: is it a Kafka listener?`,
  )
}

function saslAdvice({ error, host, port }: Probe, fail: Fail): Advice {
  const broker = hostPort(host, port)
  const message = error?.message ?? ''
  if (error?.code === 'ILLEGAL_SASL_STATE') {
    return fail(
      'sasl-refused',
      `${broker} takes no credentials on this listener: leave out --sasl, or use the port of the SASL listener.`,
    )
  }
  if (/mechanism is not supported/.test(message)) {
    return fail('sasl-refused', `${broker} does not offer this mechanism: ${message}. Choose another with --sasl.`)
  }
  return fail(
    'sasl-refused',
    `${broker} refused the credentials: ${message}. The network is right; check the user's name, password and mechanism.`,
  )
}

const soonDays = 30

function expiryAdvice({ certificate, error }: Probe): Advice | undefined {
  if (certificate === null || error?.code === 'CERT_HAS_EXPIRED' || certificate.expiresInDays >= soonDays)
    return undefined
  const day = certificate.validTo.slice(0, 10)
  const text = `The certificate (${certificate.names[0] ?? 'no name'}) expires in ${certificate.expiresInDays} days, on ${day}.`
  return { kind: 'certificate-expires-soon', severity: 'warn', text }
}

/** From this part of the time on, a slower moment is enough to fail. */
const narrow = 0.7

function timeoutAdvice(
  { dnsMs, tcpMs, tlsMs, host, failedStep }: Probe,
  { connectionTimeoutMs }: Facts,
): Advice | undefined {
  if (tcpMs === null || failedStep === 'tcp' || failedStep === 'tls') return undefined
  const total = (dnsMs ?? 0) + tcpMs + (tlsMs ?? 0)
  if (total < narrow * connectionTimeoutMs) return undefined
  const parts = `DNS ${Math.round(dnsMs ?? 0)} ms, TCP ${Math.round(tcpMs)} ms${tlsMs === null ? '' : `, TLS ${Math.round(tlsMs)} ms`}`
  const isOver = total >= connectionTimeoutMs
  const how = isOver ? 'so kafkajs gives up before it is connected' : 'so a slower moment makes kafkajs give up'
  const better = Math.ceil((total * 3) / 1000) * 1000
  const text = `${host} took ${Math.round(total)} ms (${parts}), ${how}: connectionTimeout is ${connectionTimeoutMs} ms for all of it. Set connectionTimeout: ${better} in the client.`
  return { kind: 'timeout-short', severity: isOver ? 'fail' : 'warn', text }
}
