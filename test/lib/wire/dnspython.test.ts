import { spawnSync } from 'node:child_process'
import { isIP, SocketAddress } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { encodeQuery } from '../../../lib/wire/query.js'
import { parseResponse } from '../../../lib/wire/response.js'
import { isFullRun } from '../../full-run.js'
import { parseQuery, respond } from '../../servers/dns-message.js'
import { random, type Random } from '../../servers/random.js'
import { projectFolder } from '../../project.js'

// The same messages read by dnspython (pip install dnspython), which shares no code with what we use.
const MESSAGES = isFullRun ? 1000 : 200
const script = join(projectFolder, 'test/lib/wire/dnspython.py')

interface Asked {
  readonly id: number
  readonly name: string
  readonly type: 'A' | 'AAAA'
  readonly rcode: 'NOERROR' | 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED'
  readonly answers: readonly string[]
  readonly authorities: readonly string[]
  readonly additionals: readonly string[]
}

interface Opinion {
  readonly packet: string
  readonly query: string
  readonly reads: { readonly rcode: string; readonly answers: object[]; readonly negativeTtl: number | null }
}

function opinions(lines: readonly object[]): Opinion[] {
  const input = lines.map(line => JSON.stringify(line)).join('\n')
  const { stdout, stderr, status } = spawnSync('python3', [script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(stderr)
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Opinion)
}

const missing =
  spawnSync('python3', ['-c', 'import dns.message']).status === 0 ? undefined : 'Python or dnspython is not installed'
const title = (text: string) => (missing === undefined ? text : `${text} (skipped: ${missing})`)

const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789-_ABCXYZ')
const strange = ['\\000', '\\010', '\\.', '\\\\', '\\200', '\\127']
const pick = <T>(random: Random, of: readonly T[]): T => of[random.below(of.length)] as T

function label(random: Random, characters: readonly string[]): string {
  return Array.from({ length: 1 + random.below(random.below(10) === 0 ? 15 : 8) }, () => pick(random, characters)).join(
    '',
  )
}

function someName(random: Random, characters: readonly string[] = letters): string {
  const labels = Array.from({ length: 1 + random.below(5) }, () => label(random, characters))
  return `${[...labels, pick(random, ['example', 'kafka.example', 'test'])].join('.')}.`
}

const ttl = (random: Random) => pick(random, [0, 1, 30, 3600, 0x7fffffff, random.below(100_000)])

function addressText(random: Random, type: 'A' | 'AAAA'): string {
  if (type === 'A') return [...random.bytes(4)].join('.')
  return Array.from({ length: 8 }, () => (random.below(2) === 0 ? 0 : random.below(65_536)).toString(16)).join(':')
}

function someMessage(random: Random): Asked {
  const type = pick(random, ['A', 'AAAA'] as const)
  const name = someName(random).toLowerCase().slice(0, -1)
  const answers: string[] = []
  let owner = `${name}.`
  for (let links = random.below(4); links > 0; links--) {
    const target = someName(random, random.below(3) === 0 ? [...letters, ...strange] : letters)
    answers.push(`${owner} ${ttl(random)} IN CNAME ${target}`)
    owner = target
  }
  for (let count = random.below(6); count > 0; count--) {
    answers.push(`${owner} ${ttl(random)} IN ${type} ${addressText(random, type)}`)
    if (random.below(8) === 0) answers.push(`${owner} 5 IN TXT "text"`)
  }
  const soa = `${someName(random)} ${ttl(random)} IN SOA ${someName(random)} ${someName(random)} 1 2 3 4 ${ttl(random)}`
  const authorities = random.below(2) === 0 ? [] : [`${someName(random)} 60 IN NS ${someName(random)}`, soa]
  const additionals = random.below(3) === 0 ? [`${someName(random)} 60 IN A 192.0.2.53`] : []
  const rcode = pick(random, ['NOERROR', 'NOERROR', 'SERVFAIL', 'NXDOMAIN', 'REFUSED'] as const)
  return { id: random.below(65_536), name, type, rcode, answers, authorities, additionals }
}

/** dnspython writes IPv6 addresses in a way of its own where an IPv4 address stands in them. */
function canonical(record: object): object {
  if (!('address' in record) || typeof record.address !== 'string' || isIP(record.address) !== 6) return record
  return { ...record, address: new SocketAddress({ address: record.address, family: 'ipv6' }).address }
}

function expected({ reads: { rcode, answers, negativeTtl } }: Opinion): object {
  return { rcode, truncated: false, answers: answers.map(canonical), negativeTtl: negativeTtl ?? undefined }
}

const messages = () => {
  const generator = random(1035)
  return Array.from({ length: MESSAGES }, () => someMessage(generator))
}

/** What we read from the packets of the opinions. */
const read = (asked: readonly Asked[], all: readonly Opinion[]) =>
  asked.map(({ id, name, type }, index) =>
    parseResponse(Buffer.from(all[index]?.packet ?? '', 'hex'), { id, question: { name, type } }),
  )

const skip = missing ?? false

t.test(title("dnspython's messages, names compressed, are read as dnspython reads them"), { skip }, async t => {
  const asked = messages()
  const all = opinions(asked)
  t.same(read(asked, all), all.map(expected))
})

t.test(title('messages with names in full are read as dnspython reads them'), { skip }, async t => {
  const asked = messages()
  const packets = asked.map(({ id, name, type, ...parts }) => {
    const query = parseQuery(encodeQuery({ name, type }, { id, edns: true }))
    return { packet: respond(query, parts).toString('hex') }
  })
  const all = opinions(packets)
  t.same(read(asked, all), all.map(expected))
})

t.test(title('queries are those of dnspython, octet by octet'), { skip }, async t => {
  const asked = messages()
  const ours = asked.map(({ id, ...question }) => encodeQuery(question, { id, edns: true }).toString('hex'))
  t.same(
    ours,
    opinions(asked).map(({ query }) => query),
  )
})
