import { hostPort } from '../../../../lib/address/host-port.js'
import { adviseTls } from './advise-tls.js'
import type { Facts } from './facts.js'
import { fail, warn, type Finding } from './finding.js'
import type { Probe } from '../types.js'

/** What came of dialling the broker. */
export function adviseConnect(probe: Probe, facts: Facts): readonly (Finding | undefined)[] {
  const tls = adviseTls(probe, facts)
  // A client certificate that is refused shows only later, at Kafka's first request.
  const isExplained = tls.some(finding => finding?.severity === 'fail')
  return [...tls, isExplained ? undefined : failure(probe, facts), timeoutAdvice(probe, facts)]
}

/** What failed beside TLS, which has advice of its own. */
function failure(probe: Probe, facts: Facts): Finding | undefined {
  switch (probe.failedStep) {
    case 'dns':
      return unresolved(probe, facts)
    case 'tcp':
      return tcpAdvice(probe, facts)
    case 'kafka':
      return kafkaAdvice(probe, facts)
    case 'sasl':
      return saslAdvice(probe)
    case 'metadata':
      return metadataAdvice(probe, facts)
    case 'map':
    case 'tls':
    case 'identity':
    case null:
      return undefined
  }
}

function unresolved({ explanation, error }: Probe, { rules }: Facts): Finding | undefined {
  // With a map the missing rule, or the rule's target, is the cause.
  if (explanation.action === 'map' || rules > 0) return undefined
  const why =
    error?.code === 'ENOTFOUND' ? 'DNS does not know the name' : `the name does not resolve (${error?.code ?? ''})`
  return fail('target-not-found', `${why}, and no rule maps it elsewhere.`)
}

function tcpAdvice(probe: Probe, { patienceMs }: Facts): Finding {
  const { error, tried } = probe
  const all = tried.map(each => hostPort(each.address, each.port))
  const also = all.length > 1 ? ` All of ${all.join(', ')} were tried.` : ''
  switch (error?.code) {
    case 'ECONNREFUSED':
      return fail(
        'connect-refused',
        `the connection was refused: the host is there, but nothing listens at port ${probe.addressPort ?? probe.port}.${also}`,
        probe.explanation.action === 'map'
          ? 'Check the port that the rule gives, and that the load balancer has a listener there.'
          : 'Check the port, and that the server is up.',
      )
    case 'ECONNRESET':
    case 'EPIPE':
      return fail(
        'connect-reset',
        `the connection was taken and dropped.${also}`,
        "A load balancer without a healthy target does that: check its targets' health.",
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return fail(
        'connect-unreachable',
        `no route leads there from here (${error.code}).${also}`,
        "Check the routes between this network and the endpoint's.",
      )
    case 'ETIMEDOUT':
      return fail(
        'connect-silent',
        `no answer in ${patienceMs} ms.${also}`,
        'Usual causes: a security group or firewall between here and the endpoint; a port that nobody serves; a load balancer (NLB) without cross-zone balancing whose zone here has no broker.',
      )
    default:
      return fail('other', `the connection failed: ${error?.message ?? 'for no reason given'}.${also}`)
  }
}

function kafkaAdvice({ error }: Probe, { isTls, patienceMs }: Facts): Finding {
  const code = error?.code ?? ''
  const how = code === 'ETIMEDOUT' ? `no answer in ${patienceMs} ms` : 'the connection was closed'
  const cause = `connected, but then ${how}, where Kafka answers its first request.`
  if (!isTls && (code === 'CLOSED' || code === 'ECONNRESET' || code === 'ETIMEDOUT')) {
    return fail('plaintext-at-tls-port', cause, "Is it a TLS listener's port? Try --tls.")
  }
  return fail('no-kafka', cause, 'Is it a Kafka listener?')
}

function saslAdvice({ error }: Probe): Finding {
  const message = error?.message ?? ''
  if (error?.code === 'ILLEGAL_SASL_STATE') {
    return fail(
      'sasl-refused',
      'this listener takes no credentials.',
      'Leave out --sasl, or use the port of the SASL listener.',
    )
  }
  if (/mechanism is not supported/.test(message)) {
    return fail('sasl-refused', `the broker does not offer this mechanism: ${message}.`, 'Choose another with --sasl.')
  }
  return fail(
    'sasl-refused',
    `the broker refused the credentials: ${message.replace(/^SASL .*? authentication failed: /, '')}.`,
    "The network is right; check the user's name, password and mechanism.",
  )
}

function metadataAdvice({ error }: Probe, { hasSasl }: Facts): Finding {
  if (error?.code === 'CLOSED' && !hasSasl) {
    return fail(
      'sasl-needed',
      'the connection was closed at the first request: this listener wants credentials.',
      'Try --sasl plain or --sasl scram-sha-512, with --username.',
    )
  }
  return fail('metadata-refused', `the request for the cluster's metadata failed: ${error?.message ?? ''}.`)
}

/** From this part of the time on, a slower moment is enough to fail. */
const narrow = 0.7

function timeoutAdvice(
  { dnsMs, tcpMs, tlsMs, failedStep }: Probe,
  { connectionTimeoutMs }: Facts,
): Finding | undefined {
  if (tcpMs === null || failedStep === 'tcp' || failedStep === 'tls') return undefined
  const total = (dnsMs ?? 0) + tcpMs + (tlsMs ?? 0)
  if (total < narrow * connectionTimeoutMs) return undefined
  const parts = `DNS ${Math.round(dnsMs ?? 0)} ms, TCP ${Math.round(tcpMs)} ms${tlsMs === null ? '' : `, TLS ${Math.round(tlsMs)} ms`}`
  const isOver = total >= connectionTimeoutMs
  const how = isOver ? 'kafkajs gives up before it is connected' : 'a slower moment makes kafkajs give up'
  const better = Math.ceil((total * 3) / 1000) * 1000
  return (isOver ? fail : warn)(
    'timeout-short',
    `it took ${Math.round(total)} ms (${parts}), so ${how}: connectionTimeout is ${connectionTimeoutMs} ms for all of it.`,
    'Give the client more time:',
    [`connectionTimeout: ${better},`],
  )
}
