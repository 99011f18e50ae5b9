import t from 'tap'
import { describeFailure } from '../../../../../src/tools/doctor/probe/describe-failure.js'
import { maskSecrets } from '../../../../../src/tools/doctor/probe/mask-secrets.js'

const secrets = ['geheim und "lang"/+ü', 'pw1', '\ud800']
const [secret = ''] = secrets

const forms: Record<string, string> = {
  'as it is': secret,
  JSON: JSON.stringify({ password: secret }),
  'URL-escaped': `https://user:${encodeURIComponent(secret)}@broker.example`,
  'URL-escaped in lower case': encodeURIComponent(secret).replace(/%../g, hex => hex.toLowerCase()),
  'a form': new URLSearchParams({ password: secret }).toString(),
  base64: Buffer.from(secret).toString('base64'),
  base64url: Buffer.from(secret).toString('base64url'),
  'SASL PLAIN': Buffer.from(`\0alice\0${secret}`).toString('base64'),
  'basic authentication': Buffer.from(`al:${secret}`).toString('base64'),
  'basic authentication of another length': Buffer.from(`bob:${secret}:x`).toString('base64'),
}

for (const [name, text] of Object.entries(forms)) {
  t.test(`a secret is masked: ${name}`, async t => {
    const shown = maskSecrets(`failed: ${text}, again: ${text}`, secrets)
    t.match(shown, '***')
    for (const part of ['geheim', 'lang', Buffer.from('geheim und').toString('base64').slice(0, 12)])
      t.notMatch(shown, part)
    for (const offset of [0, 1, 2]) {
      const inner = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
        .toString('base64')
        .slice(4, 16)
      t.notMatch(shown, inner)
    }
  })
}

t.test('what holds no secret stays, and an empty secret is none', async t => {
  t.equal(maskSecrets('connect ECONNREFUSED 127.0.0.1:9092', ['', ...secrets]), 'connect ECONNREFUSED 127.0.0.1:9092')
})

const failures: { name: string; error: unknown; code: string; message: string }[] = [
  {
    name: "OpenSSL's text",
    error: Object.assign(
      new Error('00F0A5B47F:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/ssl.c:355:\n'),
      { code: 'ERR_SSL_WRONG_VERSION_NUMBER' },
    ),
    code: 'ERR_SSL_WRONG_VERSION_NUMBER',
    message: 'wrong version number',
  },
  {
    name: "kafkajs' timeout",
    error: new Error('Connection timeout'),
    code: 'ETIMEDOUT',
    message: 'Connection timeout',
  },
  {
    name: 'a socket error in kafkajs’ words',
    error: Object.assign(new Error('Connection error: connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }),
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED 127.0.0.1:1',
  },
  {
    name: 'a code of Kafka’s protocol',
    error: Object.assign(new Error('not allowed'), { type: 'CLUSTER_AUTHORIZATION_FAILED', code: 31 }),
    code: 'CLUSTER_AUTHORIZATION_FAILED',
    message: 'not allowed',
  },
  { name: 'an error that shows the password', error: new Error(`bad ${secret}`), code: 'Error', message: 'bad ***' },
  { name: 'no error at all', error: undefined, code: 'UNKNOWN', message: 'failed for no reason given' },
]

for (const { name, error, code, message } of failures) {
  t.test(`${name} is told in plain words`, async t => t.same(describeFailure(error, secrets), { code, message }))
}
