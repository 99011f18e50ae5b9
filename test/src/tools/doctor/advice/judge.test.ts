import t from 'tap'
import { judge } from '../../../../../src/tools/doctor/advice/judge.js'
import type { Facts } from '../../../../../src/tools/doctor/advice/facts.js'
import type { AdviceKind, Probe, Verdict } from '../../../../../src/tools/doctor/types.js'
import { explanation, facts, probe } from '../fixtures/probes.js'

interface Case {
  readonly name: string
  readonly probe: Partial<Probe>
  readonly facts?: Partial<Facts>
  readonly verdict: Verdict
  readonly kinds: readonly AdviceKind[]
  readonly said?: RegExp
}

const failed = (failedStep: Probe['failedStep'], code: string, message = code): Partial<Probe> => ({
  failedStep,
  error: { code, message },
  tlsMs: null,
  certificate: null,
  ...(failedStep === 'tcp' ? { tcpMs: null } : {}),
})
const lookupFailed = (code: string, host = 'vpce.example'): Partial<Probe> => ({
  ...failed('dns', code),
  tcpMs: null,
  explanation: explanation({
    targets: [{ host, port: 9092, zone: null, written: host }],
    addresses: [],
    error: { code, message: `getaddrinfo ${code} b1.kafka.example` },
  }),
})
const unmapped = explanation({ action: 'system', rule: null, candidates: [], targets: [], captures: {} })
const at = (address: string) => [{ address, family: 4 as const, port: 9092, target: 'vpce.example' }]
const target = (host: string, zone: string | null = null, written = host) => [{ host, port: 9092, zone, written }]
const zones = (words: string[], ...tables: Record<string, string>[]) => ({
  zones: { words: new Set(words), tables: tables.map(table => new Map(Object.entries(table))) },
})
const certificate = {
  names: ['*.other.example'],
  issuer: 'Some CA',
  validTo: '2030-01-01T00:00:00.000Z',
  expiresInDays: 900,
}

const cases: readonly Case[] = [
  { name: 'a broker in order', probe: {}, verdict: 'ok', kinds: [] },
  {
    name: 'no rule, but it is reached',
    probe: { explanation: unmapped },
    verdict: 'warn',
    kinds: ['no-rule'],
    said: /^Broker 1 \(b1\.kafka\.example:9092\) at 10\.0\.0\.1:9092: no rule matches, so it was reached as .* KAFKA_SPLIT_DNS_MAP='\*\.kafka\.example=ENDPOINT'/,
  },
  {
    name: 'no rule, and it is not reached',
    probe: { explanation: unmapped, ...failed('tcp', 'ETIMEDOUT') },
    verdict: 'fail',
    kinds: ['no-rule', 'connect-silent'],
  },
  {
    name: 'a rule for another port',
    probe: {
      explanation: {
        ...unmapped,
        nearMatch: "'*.kafka.example:9094' (map.yaml:3): the rule is for port 9094, the port asked for is 9092",
      },
    },
    verdict: 'warn',
    kinds: ['no-rule'],
    said: /The rule that nearly does is '\*\.kafka\.example:9094' \(map\.yaml:3\): the rule is for port 9094, /,
  },
  {
    name: 'no rule where there is no map',
    probe: { explanation: unmapped },
    facts: { rules: 0 },
    verdict: 'ok',
    kinds: [],
  },
  {
    name: 'a table without the key',
    probe: {
      ...failed('map', 'ERR_SPLIT_DNS_TARGET'),
      explanation: explanation({
        action: null,
        rule: null,
        error: { code: 'ERR_SPLIT_DNS_TARGET', message: "no key 'x'" },
      }),
    },
    verdict: 'fail',
    kinds: ['rule-without-target'],
    said: /gives no usable target: no key 'x'/,
  },
  {
    name: 'a refused name',
    probe: {
      ...failed('map', 'ERR_SPLIT_DNS_REFUSED'),
      explanation: explanation({ action: 'refuse', error: { code: 'ERR_SPLIT_DNS_REFUSED', message: '' } }),
    },
    verdict: 'fail',
    kinds: ['rule-refuses'],
    said: /rule '\*\.kafka\.example' says so/,
  },
  {
    name: 'a target that is not there',
    probe: lookupFailed('ENOTFOUND'),
    verdict: 'fail',
    kinds: ['target-not-found'],
  },
  {
    name: 'a target with a zone ID where AWS has the name',
    probe: lookupFailed('ENOTFOUND', 'vpce-0abc-use1-az1.vpce.example'),
    verdict: 'fail',
    kinds: ['target-not-found'],
    said: /carries the zone's name \(us-east-1a\), not its ID \(use1-az1\)/,
  },
  { name: 'silent nameservers', probe: lookupFailed('EAI_AGAIN'), verdict: 'fail', kinds: ['nameserver-silent'] },
  {
    name: 'addresses outside allow',
    probe: {
      ...lookupFailed('ERR_SPLIT_DNS_ADDRESS_REFUSED'),
      explanation: explanation({
        error: {
          code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED',
          message:
            "kafka-split-dns: b1.kafka.example:9092 -> vpce.example:9092 by rule '*.kafka.example' (map.yaml:3); vpce.example:9092: 127.0.0.1 is refused: in 127.0.0.0/8, where no broker is; to allow it, set KAFKA_SPLIT_DNS_ALLOW=127.0.0.1/32 and add the blocks of all other brokers",
        },
      }),
    },
    verdict: 'fail',
    kinds: ['address-refused'],
    said: /may not be used: 127\.0\.0\.1 is refused: in 127\.0\.0\.0\/8, where no broker is\. .* KAFKA_SPLIT_DNS_ALLOW=127\.0\.0\.1\/32$/,
  },
  {
    name: 'a public address',
    probe: { explanation: explanation({ addresses: at('203.0.113.9') }), address: '203.0.113.9' },
    verdict: 'warn',
    kinds: ['public-address'],
    said: /at vpce\.example:9092 \(203\.0\.113\.9:9092\): the target resolves to the public address 203\.0\.113\.9/,
  },
  {
    name: 'a public address that allow names',
    probe: {
      explanation: explanation({ addresses: at('203.0.113.9'), allow: '203.0.113.0/24' }),
      address: '203.0.113.9',
    },
    verdict: 'ok',
    kinds: [],
  },
  {
    name: 'a public address that could not be connected',
    probe: {
      explanation: explanation({ addresses: at('203.0.113.9') }),
      ...failed('tcp', 'ETIMEDOUT'),
      address: '203.0.113.9',
    },
    verdict: 'fail',
    kinds: ['public-address', 'connect-silent'],
  },
  {
    name: 'a refused connection',
    probe: failed('tcp', 'ECONNREFUSED'),
    verdict: 'fail',
    kinds: ['connect-refused'],
    said: /Check the port that the rule gives/,
  },
  {
    name: 'a refused connection where no map is',
    probe: { ...failed('tcp', 'ECONNREFUSED'), explanation: unmapped },
    facts: { rules: 0 },
    verdict: 'fail',
    kinds: ['connect-refused'],
    said: /Check the port, and that the server is up/,
  },
  { name: 'a dropped connection', probe: failed('tcp', 'ECONNRESET'), verdict: 'fail', kinds: ['connect-reset'] },
  { name: 'no route', probe: failed('tcp', 'EHOSTUNREACH'), verdict: 'fail', kinds: ['connect-unreachable'] },
  { name: 'another error of the socket', probe: failed('tcp', 'EMFILE'), verdict: 'fail', kinds: ['other'] },
  {
    name: 'several addresses, none of which answers',
    probe: {
      ...failed('tcp', 'ETIMEDOUT'),
      tried: ['10.0.0.1', '10.0.0.2'].map(address => ({ address, port: 9092, outcome: 'timeout' })),
    },
    verdict: 'fail',
    kinds: ['connect-silent'],
    said: /no answer in 5000 ms\. All of 10\.0\.0\.1:9092, 10\.0\.0\.2:9092 were tried.* cross-zone/,
  },
  {
    name: 'a certificate of another name',
    probe: { ...failed('tls', 'ERR_TLS_CERT_ALTNAME_INVALID'), certificate },
    verdict: 'fail',
    kinds: ['certificate-name'],
    said: /the certificate is for \*\.other\.example, not for b1\.kafka\.example\. The rule maps to the endpoint of another cluster/,
  },
  {
    name: 'a fixed servername',
    probe: { ...failed('tls', 'ERR_TLS_CERT_ALTNAME_INVALID'), certificate },
    facts: { servername: 'vpce.example' },
    verdict: 'fail',
    kinds: ['certificate-name'],
    said: /not for vpce\.example, the servername that is set/,
  },
  {
    name: 'an unknown authority',
    probe: { ...failed('tls', 'SELF_SIGNED_CERT_IN_CHAIN'), certificate },
    verdict: 'fail',
    kinds: ['certificate-untrusted'],
    said: /issued by Some CA/,
  },
  {
    name: 'an expired certificate',
    probe: failed('tls', 'CERT_HAS_EXPIRED'),
    verdict: 'fail',
    kinds: ['certificate-expired'],
  },
  {
    name: 'a certificate that expires soon',
    probe: { certificate: { ...certificate, expiresInDays: 12 } },
    verdict: 'warn',
    kinds: ['certificate-expires-soon'],
    said: /expires in 12 days, on 2030-01-01/,
  },
  {
    name: 'a client certificate that is missing',
    probe: failed('kafka', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    verdict: 'fail',
    kinds: ['client-certificate'],
    said: /wants a client certificate/,
  },
  {
    name: 'a client certificate that is not accepted',
    probe: failed('kafka', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
    facts: { hasClientCertificate: true },
    verdict: 'fail',
    kinds: ['client-certificate'],
    said: /does not accept the client certificate/,
  },
  {
    name: 'TLS at a plaintext port',
    probe: failed('tls', 'EPROTO'),
    verdict: 'fail',
    kinds: ['tls-at-plaintext-port'],
  },
  { name: 'silence in TLS', probe: failed('tls', 'ETIMEDOUT'), verdict: 'fail', kinds: ['connect-silent'] },
  { name: 'another error of TLS', probe: failed('tls', 'EMFILE'), verdict: 'fail', kinds: ['other'] },
  {
    name: 'plaintext at a TLS port',
    probe: failed('kafka', 'CLOSED'),
    facts: { isTls: false },
    verdict: 'fail',
    kinds: ['plaintext-at-tls-port'],
  },
  { name: 'no Kafka', probe: failed('kafka', 'ETIMEDOUT'), verdict: 'fail', kinds: ['no-kafka'] },
  {
    name: 'credentials that are refused',
    probe: failed('sasl', 'SASL', 'SASL PLAIN authentication failed'),
    verdict: 'fail',
    kinds: ['sasl-refused'],
    said: /refused the credentials: SASL PLAIN authentication failed/,
  },
  {
    name: 'a mechanism that is not offered',
    probe: failed('sasl', 'SASL', 'SASL PLAIN mechanism is not supported by the server'),
    verdict: 'fail',
    kinds: ['sasl-refused'],
    said: /does not offer this mechanism/,
  },
  {
    name: 'credentials that are not taken',
    probe: failed('sasl', 'ILLEGAL_SASL_STATE'),
    verdict: 'fail',
    kinds: ['sasl-refused'],
  },
  { name: 'credentials that are wanted', probe: failed('metadata', 'CLOSED'), verdict: 'fail', kinds: ['sasl-needed'] },
  {
    name: 'metadata that is refused',
    probe: failed('metadata', 'CLUSTER_AUTHORIZATION_FAILED'),
    facts: { hasSasl: true },
    verdict: 'fail',
    kinds: ['metadata-refused'],
  },
  {
    name: 'a broker that another one answers for',
    probe: {
      failedStep: 'identity',
      error: { code: 'WRONG_BROKER', message: 'broker 2 answered' },
      identity: 'wrong',
      answeredBy: 2,
    },
    verdict: 'fail',
    kinds: ['wrong-broker'],
    said: /: broker 2 answers in place of broker 1\. .*not the leader for that topic-partition.* rule '\*\.kafka\.example'/,
  },
  {
    name: 'a broker that does not say which one it is',
    probe: { identity: 'unknown' },
    verdict: 'ok',
    kinds: ['not-verified'],
    said: /not verified .* DESCRIBE_CONFIGS/,
  },
  {
    name: 'brokers at one address and port, of which one answers for the other',
    probe: { failedStep: 'identity', error: { code: 'WRONG_BROKER', message: '' }, identity: 'wrong', answeredBy: 2 },
    facts: { isTls: false, sharing: new Map([[1, [1, 2]]]) },
    verdict: 'fail',
    kinds: ['shared-endpoint'],
    said: /routes brokers 1 and 2 to one address and port/,
  },
  {
    name: 'a rule to paste is as the map is written, and leads where the bootstrap server’s does',
    probe: { explanation: unmapped },
    facts: { isMapFile: true, endpoint: 'vpce.example' },
    verdict: 'warn',
    kinds: ['no-rule'],
    said: /- match: "\*\.kafka\.example" {3}to: vpce\.example$/,
  },
  {
    name: 'no rule, and DNS does not know the name',
    probe: { ...failed('dns', 'ENOTFOUND'), explanation: { ...unmapped, error: { code: 'ENOTFOUND', message: 'x' } } },
    verdict: 'fail',
    kinds: ['no-rule'],
    said: /no rule matches, and DNS as it is here does not know the name/,
  },
  {
    name: 'a connect that is almost too slow',
    probe: { tcpMs: 500, tlsMs: 300 },
    verdict: 'warn',
    kinds: ['timeout-short'],
    said: /took 802 ms \(DNS 2 ms, TCP 500 ms, TLS 300 ms\).* connectionTimeout: 3000,/,
  },
  { name: 'a connect that is too slow', probe: { tcpMs: 1500 }, verdict: 'fail', kinds: ['timeout-short'] },
  {
    name: 'a zoned name that fell to a zone-less rule',
    probe: {
      host: 'e-0001.use1-az4.kafka.example',
      explanation: explanation({ captures: { '*': 'e-0001.use1-az4' } }),
    },
    verdict: 'warn',
    kinds: ['zone-less-rule'],
    said: /the name carries the zone use1-az4, but rule '\*\.kafka\.example' does not look at it/,
  },
  {
    name: 'a zoned name whose zone the target holds',
    probe: {
      host: 'e-0001.use1-az4.kafka.example',
      explanation: explanation({
        captures: { id: '0001', zone: 'use1-az4' },
        targets: target('vpce-us-east-1d.vpce.example', null, 'vpce-{az[zone]}.vpce.example'),
      }),
    },
    facts: zones([], { 'use1-az4': 'us-east-1d', 'use1-az1': 'us-east-1a' }),
    verdict: 'ok',
    kinds: [],
  },
  {
    name: 'a zoned name whose table leads to another zone',
    probe: {
      rack: 'use1-az4',
      host: 'e-0001.use1-az4.kafka.example',
      explanation: explanation({
        captures: { zone: 'use1-az4' },
        targets: target('vpce-us-east-1a.vpce.example', null, 'vpce-us-east-1a.vpce.example'),
      }),
    },
    facts: zones([], { 'use1-az4': 'us-east-1d', 'use1-az1': 'us-east-1a' }),
    verdict: 'warn',
    kinds: ['zone-mismatch'],
    said: /is in zone use1-az4, but its endpoint is in zone us-east-1a/,
  },
  {
    name: 'an ID and a name that nothing pairs',
    probe: { rack: 'use1-az4', explanation: explanation({ targets: target('vpce-us-east-1a.vpce.example') }) },
    verdict: 'ok',
    kinds: [],
  },
  {
    name: 'a rack and a zone map that agree',
    probe: { rack: 'AZ1', explanation: explanation({ targets: target('vpce.example', 'az1') }) },
    facts: zones(['az1', 'az2']),
    verdict: 'ok',
    kinds: [],
  },
  {
    name: 'a rack and a zone map that disagree',
    probe: { rack: 'az1', explanation: explanation({ targets: target('vpce.example', 'az2') }) },
    facts: zones(['az1', 'az2']),
    verdict: 'warn',
    kinds: ['zone-mismatch'],
  },
]

for (const { name, probe: changes, facts: more, verdict, kinds, said } of cases) {
  t.test(name, async t => {
    const found = judge(probe(changes), facts(more))
    t.same(found.advice.map(({ kind }) => kind).sort(), [...kinds].sort())
    t.equal(found.verdict, verdict)
    if (said !== undefined) t.match(found.advice.map(({ text }) => text).join('\n'), said)
    for (const { text, cause, remedy } of found.advice) {
      t.match(text, /^Broker 1 \(\S+:9092\)( at \S+:9092( \(\S+\))?)?: /)
      t.match(cause, /[^.]\.$/)
      t.match(remedy, /^$|[.?:]$|the client as$/)
    }
  })
}
