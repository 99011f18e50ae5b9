import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { KeeperOptions } from '../../../../src/source/map-keeper.js'
import type { HttpTimeouts } from '../../../../src/source/url/http-get.js'
import type { Later } from '../../../../src/source/timers.js'
import { longTimeouts, pause, watchMap } from '../helpers/keeper.js'
import { listen, serve, serveRaw } from '../helpers/server.js'

/** Polls wait for `fire`; the time limits of requests are real. */
const handClock = (limits: HttpTimeouts) => {
  const polls: { readonly delayMs: number; readonly run: () => void }[] = []
  const later: Later = (delayMs, run) => {
    const poll = { delayMs, run }
    if (!Object.values(limits).includes(delayMs)) {
      polls.push(poll)
      return () => void polls.splice(polls.indexOf(poll), 1)
    }
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  }
  return { later, polls, fire: () => polls.shift()?.run() }
}

const start = (t: Test, mapUrl: string, options: Partial<KeeperOptions> = {}) => {
  const clock = handClock(options.timeouts ?? longTimeouts)
  const watched = watchMap({ mapUrl }, { later: clock.later, random: () => 0.5, ...options })
  t.teardown(() => watched.keeper.close())
  return { ...watched, ...clock, nextDelayMs: () => clock.polls[0]?.delayMs }
}

const send =
  (status: number, headers: Record<string, string>, body: string | Buffer = '') =>
  (_request: unknown, response: ServerResponse) =>
    void response.writeHead(status, headers).end(body)

t.test('until the first copy is in force there is no map, then there is', async t => {
  const { url, requests } = await serve(t, send(200, { 'content-type': 'application/yaml' }, 'copy'))
  const { keeper, texts, reloads } = start(t, url)
  t.equal(keeper.current(), undefined)
  t.match(keeper.notReadyError(), { code: 'ERR_SPLIT_DNS_NOT_READY', message: /has not answered yet/ })
  await keeper.ready()
  t.same(texts(), ['copy'])
  t.same(reloads, [keeper.current()])
  t.match(keeper.current(), { sources: [{ kind: 'url', origin: url, format: 'yaml' }] })
  t.equal(requests[0]?.headers.authorization, undefined)
})

const over = 'x'.repeat(1024 * 1024 + 1)
const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024))
type Misbehaving = [
  name: string,
  answer: (request: unknown, response: ServerResponse) => void,
  expected: RegExp,
  limits?: Partial<HttpTimeouts>,
]
const misbehaving: Misbehaving[] = [
  ['status 500', send(500, {}, 'no'), /answered with status 500, expected 200/],
  ['status 404', send(404, {}, 'rules: []'), /answered with status 404/],
  ['status 204', send(204, {}), /answered with status 204/],
  ['304 that was not asked for', send(304, {}), /answered with status 304/],
  ['a page of HTML', send(200, { 'content-type': 'text/html; charset=utf-8' }, 'rules: []'), /a web page/],
  ['HTML that calls itself YAML', send(200, { 'content-type': 'application/yaml' }, '\n<!doctype html>'), /a web page/],
  ['nothing', send(200, {}), /is empty/],
  ['garbage', send(200, {}, Buffer.from([0xde, 0xad, 0xff])), /is not text in UTF-8/],
  ['text with a NUL', send(200, {}, 'rules: \0'), /NUL/],
  ['a map that does not compile', send(200, {}, 'bad'), /is bad/],
  ['a body that is too large', send(200, {}, over), /more than 1048576 bytes/],
  ['a gzip bomb', send(200, { 'content-encoding': 'gzip' }, bomb), /more than 1048576 bytes/],
  [
    'gzip that is cut',
    send(200, { 'content-encoding': 'gzip' }, gzipSync('rules: []').subarray(0, 20)),
    /unexpected end/,
  ],
  ['gzip that is none', send(200, { 'content-encoding': 'gzip' }, 'rules: []'), /incorrect header/],
  ['brotli', send(200, { 'content-encoding': 'br' }, 'x'), /an encoding that was not asked for/],
  [
    'an encoding that is named twice',
    (_request, response) => void response.setHeader('content-encoding', ['gzip', 'gzip']).end('x'),
    /an encoding that was not asked for/,
  ],
  ['a redirect to nowhere', send(302, {}), /without a place to go to/],
  ['a redirect to rubbish', send(302, { location: 'http://[' }), /without a place to go to/],
  ['a redirect to itself', send(302, { location: '/map.yaml' }), /redirects more than 3 times/],
  [
    'a redirect to another origin',
    send(302, { location: 'http://user:secret@127.0.0.1:1/other?token=secret' }),
    /redirects to another origin, http:\/\/127\.0\.0\.1:1, which is not followed; see docs\/sources\.md in the package kafka-split-dns$/,
  ],
  ['a redirect to another scheme', send(301, { location: 'file:///etc/passwd' }), /redirects to another origin/],
  ['no answer', () => undefined, /no answer after 301 ms/, { headersMs: 301 }],
  [
    'an answer that stops in the middle',
    (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('rules:'),
    /no further data after 302 ms/,
    { bodyMs: 302 },
  ],
  [
    'a slow drip',
    (_request, response) => {
      const drip = setInterval(() => response.write('x'), 50)
      response.on('close', () => clearInterval(drip))
    },
    /not done after 803 ms/,
    { totalMs: 803 },
  ],
  [
    'a body without end',
    (_request, response) => {
      const more = () => {
        if (!response.destroyed) response.write(over.slice(0, 65_536), () => setImmediate(more))
      }
      more()
    },
    /more than 1048576 bytes/,
  ],
  ['a connection that is closed', (_request, response) => void response.destroy(), /can't be fetched: ./],
]

for (const [name, answer, expected, limits] of misbehaving) {
  t.test(`${name} is a failure that says so, and a good copy is in force later`, async t => {
    const server = await serve(t, answer)
    const timeouts = { ...longTimeouts, ...limits }
    const { keeper, failures, fire, until, texts } = start(t, server.url, { timeouts })
    await until(() => failures.length === 1)
    t.match(failures[0], { code: 'ERR_SPLIT_DNS_CONFIG', cause: undefined })
    t.equal(keeper.current(), undefined)
    t.match(failures[0]?.message, expected)
    t.notMatch(inspect(failures[0], { depth: 20 }), /secret/)
    t.match(keeper.notReadyError().message, expected)
    t.equal(keeper.current(), undefined)
    server.answer = send(200, {}, 'good')
    await until(({ keeper }) => (fire(), keeper.current() !== undefined))
    t.same(texts(), ['good'])
    t.equal(keeper.stats().error, null)
  })
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/yaml\r\n'
const cut: [name: string, bytes: string, end: 'end' | 'reset' | 'keep', expected: RegExp][] = [
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'end', /can't be fetched: ./],
  ['a reset connection', '', 'reset', /can't be fetched: ./],
  ['a body that is cut', `${head}content-length: 100\r\n\r\nrules: []`, 'end', /can't be fetched: ./],
  [
    'a cut body on a closing connection',
    `${head}connection: close\r\ncontent-length: 100\r\n\r\nrules: []`,
    'end',
    /./,
  ],
  ['chunks that are cut', `${head}transfer-encoding: chunked\r\n\r\n9\r\nrules: []\r\n`, 'end', /can't be fetched: ./],
  [
    'cut chunks on a closing connection',
    `${head}connection: close\r\ntransfer-encoding: chunked\r\n\r\n9\r\nrules: []\r\n`,
    'end',
    /can't be fetched: ./,
  ],
  ['a body without a length', `${head}connection: close\r\n\r\nrules: []`, 'end', /without a length/],
  ['a body without a length in HTTP/1.0', `HTTP/1.0 200 OK\r\n\r\nrules: []`, 'end', /without a length/],
  ['headers without end', `${head}${'x: y\r\n'.repeat(20_000)}`, 'keep', /can't be fetched: ./],
  ['headers that stop', head, 'keep', /no answer after 301 ms/],
]
for (const [name, bytes, end, expected] of cut) {
  t.test(`${name} is never a map`, async t => {
    const { failures, until, keeper } = start(t, await serveRaw(t, bytes, end), {
      timeouts: { ...longTimeouts, ...(bytes === head ? { headersMs: 301 } : {}) },
    })
    await until(() => failures.length === 1)
    t.match(failures[0]?.message, expected)
    t.equal(keeper.current(), undefined)
  })
}

t.test('a port that refuses is a failure', async t => {
  const server = await serve(t, send(200, {}, 'x'))
  server.server.close()
  const { failures, until } = start(t, server.url.replace('http://', 'http://us%20er:word@'))
  await until(() => failures.length === 1)
  t.match(failures[0]?.message, /ECONNREFUSED/)
  t.notMatch(inspect(failures, { depth: 20, showHidden: true }), /us%20er|us er|word|Basic/)
})

t.test('the entity tag of the copy in force is sent; 304 is no reload', async t => {
  const server = await serve(t, send(200, { etag: 'W/"one"' }, 'one'))
  const { keeper, fire, reloads, until, texts, polls } = start(t, server.url)
  await keeper.ready()
  await until(() => polls.length === 1)
  server.answer = send(304, { etag: 'W/"two"' })
  fire()
  await until(() => polls.length === 1)
  t.equal(server.requests[0]?.headers['if-none-match'], undefined)
  t.equal(server.requests[1]?.headers['if-none-match'], 'W/"one"')
  t.equal(reloads.length, 1)
  server.answer = send(200, { etag: 'W/"one"' }, 'changed under the same tag')
  fire()
  await until(() => texts()?.[0] === 'changed under the same tag' && polls.length === 1)
  server.answer = send(200, { etag: 'no tag' }, 'untagged')
  fire()
  await until(() => texts()?.[0] === 'untagged' && polls.length === 1)
  fire()
  await until(() => polls.length === 1)
  t.equal(server.requests.at(-1)?.headers['if-none-match'], undefined)
  t.equal(reloads.length, 3)
})

t.test('a broken copy is fetched again in full, said once, and the last good one stays in force', async t => {
  const server = await serve(t, send(200, { etag: '"good"' }, 'good'))
  const { keeper, fire, failures, until, texts, polls, nextDelayMs } = start(t, server.url)
  await keeper.ready()
  await until(() => polls.length === 1)
  server.answer = send(200, { etag: '"broken"' }, 'bad')
  fire()
  await until(() => polls.length === 1 && failures.length === 1)
  t.equal(nextDelayMs(), 45_000, 'backs off, for the copy failed')
  fire()
  await until(() => polls.length === 1)
  t.equal(server.requests.at(-1)?.headers['if-none-match'], '"good"')
  t.same([texts(), failures.length, keeper.stats().isReady], [['good'], 1, true])
  server.answer = send(304, {})
  fire()
  await until(() => keeper.stats().error === null)
  t.same([texts(), keeper.stats().reloads], [['good'], 1])
})

t.test('polls are spread, failures back off, Retry-After is waited out', async t => {
  const server = await serve(t, send(503, { 'retry-after': '120' }))
  const { keeper, fire, polls, until, nextDelayMs } = start(t, server.url)
  const next = async () => {
    fire()
    await until(() => polls.length === 1)
    return nextDelayMs()
  }
  t.equal(await next(), 126_000, 'two minutes and half of a tenth')
  server.answer = send(503, { 'retry-after': '9999999999' })
  t.equal(await next(), 3_780_000, 'an hour at most')
  server.answer = send(500, {})
  t.equal(await next(), 3_000)
  t.equal(await next(), 6_000)
  server.answer = send(200, {}, 'good')
  t.equal(await next(), 60_000)
  server.answer = send(500, {})
  const delays = [await next(), await next(), await next(), await next(), await next()]
  t.same(delays, [45_000, 90_000, 180_000, 225_000, 225_000])
  t.equal(keeper.stats().failedReloads, 9)
})

t.test('gzip is asked for and taken', async t => {
  const { url, requests } = await serve(t, send(200, { 'content-encoding': 'gzip' }, gzipSync('zipped')))
  const { keeper, texts } = start(t, url)
  await keeper.ready()
  t.same(texts(), ['zipped'])
  t.equal(requests[0]?.headers['accept-encoding'], 'gzip')
})

t.test('a redirect within the origin is followed, with credentials; they are shown nowhere', async t => {
  const server = await serve(t, (request, response) =>
    request.url === '/final'
      ? send(200, {}, 'bad')(request, response)
      : send(307, { location: '/final' })(request, response),
  )
  const url = server.url.replace('http://', 'http://us%20er:pass%3Aword%C3%A9@').concat('?sig=hidden#part')
  const { keeper, failures, until } = start(t, url)
  await until(() => failures.length === 1)
  const expected = `Basic ${Buffer.from('us er:pass:wordé').toString('base64')}`
  t.same(
    server.requests.map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/map.yaml?sig=hidden', expected],
      ['/final', expected],
    ],
  )
  const shown = inspect([failures, keeper, keeper.notReadyError()], { depth: 20, showHidden: true })
  t.notMatch(shown, /us%20er|us er|word|hidden|Basic/)
  t.match(failures[0], { faults: [{ origin: `${server.url}?...` }] })
})

t.test('over TLS the certificate is checked against the name', async t => {
  const directory = t.testdir({})
  const run = (name: string, subject: string) => {
    const files = { key: `${directory}/${name}.key`, cert: `${directory}/${name}.crt` }
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=map']
    execFileSync('openssl', [...request, '-addext', subject, '-keyout', files.key, '-out', files.cert], {
      stdio: 'ignore',
    })
    return { key: readFileSync(files.key), cert: readFileSync(files.cert) }
  }
  const [right, wrong] = [
    run('right', 'subjectAltName=DNS:localhost'),
    run('wrong', 'subjectAltName=DNS:other.example'),
  ]
  for (const [name, certificate, ca, expected] of [
    ['the right name', right, right.cert, undefined],
    ['another name', wrong, wrong.cert, /altnames/],
    ['nobody we trust', right, undefined, /self-signed/],
  ] as const) {
    t.test(name, async t => {
      const port = await listen(
        t,
        createTlsServer(certificate, (_request, response) => response.end('secure')),
      )
      const { keeper, failures, texts, until } = start(t, `https://localhost:${port}/m`, {
        trust: ca === undefined ? {} : { ca },
      })
      if (expected === undefined) await keeper.ready()
      else await until(() => failures.length === 1)
      t.same(texts(), expected === undefined ? ['secure'] : undefined)
      if (expected !== undefined) t.match(failures[0]?.message, expected)
    })
  }
})

t.test('no connection is left between two polls, and none after close', async t => {
  const server = await serve(t, send(200, {}, 'copy'))
  const { keeper } = start(t, server.url)
  await keeper.ready()
  for (let turn = 0; turn < 20; turn += 1) await keeper.reload()
  for (let turn = 0; turn < 50 && (await server.connections()) > 0; turn += 1) await pause(20)
  t.equal(await server.connections(), 0)
  server.answer = () => undefined
  const hanging = keeper.reload()
  await pause(50)
  t.equal(await server.connections(), 1)
  keeper.close()
  await t.rejects(hanging, { code: 'ERR_SPLIT_DNS_CLOSED' })
  for (let turn = 0; turn < 50 && (await server.connections()) > 0; turn += 1) await pause(20)
  t.equal(await server.connections(), 0)
})
