import * as fs from 'node:fs'
import { join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError } from '../../../../src/errors.js'
import type { KeeperOptions } from '../../../../src/source/map-keeper.js'
import { filePolling } from '../../../../src/source/file/file-source.js'
import { pause, watchMap } from '../helpers/keeper.js'

/** A directory with a file `map.yaml` of this text, a keeper of it, and the file's path. */
const start = (t: Test, text: string, options: Partial<KeeperOptions> = {}) => {
  const directory = t.testdir({ 'map.yaml': text })
  const path = join(directory, 'map.yaml')
  const watched = watchMap({ mapFile: path }, options)
  t.teardown(() => watched.keeper.close())
  return { directory, path, ...watched }
}

t.test('at the start', async t => {
  const directory = t.testdir({
    directory: {},
    empty: '',
    blank: ' \n\n',
    'with-nul': 'rules:\0 []',
    'not-utf8': Buffer.from([0x72, 0xff, 0xfe]),
    utf16: Buffer.from('\ufeffrules: []', 'utf16le'),
    large: '',
    file: 'x',
    loop: t.fixture('symlink', 'loop'),
    bom: '\ufeffrules: []',
  })
  fs.truncateSync(join(directory, 'large'), 32 * 1024 * 1024 + 1)
  const cases: [name: string, file: string, expected: RegExp][] = [
    ['a missing file', 'nowhere', /^no such file in \/.* \(named by option mapFile\)$/],
    ['a missing folder', 'no/where', /^no such file: the folder \/.*\/no does not exist \(named by option mapFile\)$/],
    ['a file under a file', 'file/map', /^no such file \(a part/],
    ['a directory', 'directory', /is a directory, expected a file/],
    ['an empty file', 'empty', /is empty, expected a map/],
    ['a file of white space', 'blank', /is empty, expected a map/],
    ['a file with a NUL', 'with-nul', /holds a NUL character/],
    ['a file that is not UTF-8', 'not-utf8', /is not text in UTF-8/],
    ['a file in UTF-16', 'utf16', /is not text in UTF-8/],
    ['a file that is too large', 'large', /is too large: 33554433 bytes, at most 33554432/],
    ['a link to itself', 'loop', /leads to itself/],
    ['a device', '/dev/null', /is not a regular file/],
  ]
  for (const [name, file, expected] of cases) {
    t.test(`${name} is one fault that says so`, async t => {
      const mapFile = file.startsWith('/') ? file : join(directory, file)
      const error = t.throws(() => watchMap({ mapFile })) as unknown as ConfigError
      t.equal(error.code, 'ERR_SPLIT_DNS_CONFIG')
      t.equal(error.faults.length, 1)
      t.equal(error.faults[0]?.origin, mapFile)
      t.match(error.faults[0]?.message, expected)
    })
  }

  t.test('a byte order mark is no part of the text, and the path may be relative', async t => {
    const mapFile = relative(process.cwd(), join(directory, 'bom'))
    const { keeper, texts } = watchMap({ mapFile })
    keeper.close()
    t.same(texts(), ['rules: []'])
  })

  t.test('a FIFO that nobody writes to does not block', async t => {
    const { execFileSync } = await import('node:child_process')
    const fifo = join(t.testdir({}), 'fifo')
    execFileSync('mkfifo', [fifo])
    t.throws(() => watchMap({ mapFile: fifo }), /is not a regular file/)
  })
})

const ways: [name: string, change: (path: string, text: string) => void | Promise<void>][] = [
  ['written in place', (path, text) => fs.writeFileSync(path, text)],
  [
    'renamed over',
    (path, text) => {
      fs.writeFileSync(`${path}.new`, text)
      fs.renameSync(`${path}.new`, path)
    },
  ],
  [
    'moved to a backup and made anew, as editors do',
    async (path, text) => {
      fs.renameSync(path, `${path}~`)
      await pause(5)
      fs.writeFileSync(path, text)
      fs.unlinkSync(`${path}~`)
    },
  ],
  [
    'removed, and back much later',
    async (path, text) => {
      fs.unlinkSync(path)
      await pause(100)
      fs.writeFileSync(path, text)
    },
  ],
  [
    'removed with its directory, and back',
    async (path, text) => {
      const directory = join(path, '..')
      fs.rmSync(directory, { recursive: true })
      await pause(60)
      fs.mkdirSync(directory)
      await pause(30)
      fs.writeFileSync(path, text)
    },
  ],
  [
    'moved away with its directory, another in its place',
    (path, text) => {
      const directory = join(path, '..')
      fs.mkdirSync(`${directory}.new`)
      fs.writeFileSync(join(`${directory}.new`, 'map.yaml'), text)
      fs.renameSync(directory, `${directory}.old`)
      fs.renameSync(`${directory}.new`, directory)
      fs.rmSync(`${directory}.old`, { recursive: true })
    },
  ],
  [
    'truncated, then written in pieces',
    async (path, text) => {
      fs.writeFileSync(path, '')
      for (const letter of text) {
        await pause(5)
        fs.appendFileSync(path, letter)
      }
    },
  ],
]

for (const [name, change] of ways) {
  t.test(`a file ${name}: the new text comes into force whole, each time`, async t => {
    const directory = join(t.testdir({}), 'maps')
    fs.mkdirSync(directory)
    const path = join(directory, 'map.yaml')
    fs.writeFileSync(path, 'first')
    const { keeper, reloads, texts, until } = watchMap({ mapFile: path })
    t.teardown(() => keeper.close())
    const changes = ['second text', 'third']
    for (const text of changes) {
      await change(path, text)
      await until(() => texts()?.[0] === text)
    }
    t.same(
      reloads.map(map => (map as unknown as { texts: string[] }).texts[0]),
      changes,
      'no half of a text was ever in force',
    )
  })
}

t.test('a service sees a change within half a second, by a stat each 200 ms', async t => {
  t.match(filePolling, { pollMs: 200, settleMs: 40 })
  const { path, texts, until } = start(t, 'first', { filePolling })
  await pause(300) // past the read at the start
  const startedAt = performance.now()
  fs.writeFileSync(path, 'second')
  await until(() => texts()?.[0] === 'second')
  t.comment(`from the change to the new map in force: ${Math.round(performance.now() - startedAt)} ms`)
  t.ok(filePolling.pollMs + 3 * filePolling.settleMs < 400, 'leaves 100 ms for the stats and the read')
})

t.test("a ConfigMap's swap of ..data is followed, again and again", async t => {
  const volume = t.testdir({
    '..2026_01_01': { 'map.yaml': 'version 0' },
    '..data': t.fixture('symlink', '..2026_01_01'),
    'map.yaml': t.fixture('symlink', '..data/map.yaml'),
  })
  const { keeper, texts, until, failures } = watchMap({ mapFile: join(volume, 'map.yaml') })
  t.teardown(() => keeper.close())
  let old = '..2026_01_01'
  for (let version = 1; version <= 5; version += 1) {
    const made = `..2026_01_02_${version}`
    fs.mkdirSync(join(volume, made))
    fs.writeFileSync(join(volume, made, 'map.yaml'), `version ${version}`)
    fs.symlinkSync(made, join(volume, '..data_tmp'))
    const startedAt = performance.now()
    fs.renameSync(join(volume, '..data_tmp'), join(volume, '..data'))
    fs.rmSync(join(volume, old), { recursive: true })
    old = made
    await until(() => texts()?.[0] === `version ${version}`)
    t.comment(`from the swap to the new map in force: ${Math.round(performance.now() - startedAt)} ms`)
  }
  t.same(failures, [])
})

t.test('a link from elsewhere to a file in another directory is followed at both ends', async t => {
  const root = t.testdir({ here: {}, there: { 'a.yaml': 'a', 'b.yaml': 'b' } })
  const path = join(root, 'here', 'map.yaml')
  fs.symlinkSync(join(root, 'there', 'a.yaml'), path)
  const { keeper, texts, reloads, until } = watchMap({ mapFile: path })
  t.teardown(() => keeper.close())
  fs.writeFileSync(join(root, 'there', 'a.yaml'), 'a2')
  await until(() => texts()?.[0] === 'a2')
  fs.unlinkSync(path)
  fs.symlinkSync('../there/b.yaml', path)
  await until(() => texts()?.[0] === 'b')
  fs.writeFileSync(join(root, 'there', 'b.yaml'), 'b2')
  await until(() => texts()?.[0] === 'b2')
  t.equal(reloads.length, 3)
})

t.test('what can not be used leaves the last good map in force and is said once', async t => {
  const cases: [name: string, spoil: (path: string) => void, expected: RegExp][] = [
    ['a file that vanished', path => fs.unlinkSync(path), /no such file/],
    ['a file that became empty', path => fs.writeFileSync(path, ''), /is empty/],
    ['a file that became binary', path => fs.writeFileSync(path, Buffer.from([0xff])), /not text in UTF-8/],
    ['a file that does not compile', path => fs.writeFileSync(path, 'bad'), /is bad/],
    [
      'a directory in its place',
      path => {
        fs.unlinkSync(path)
        fs.mkdirSync(path)
      },
      /is a directory/,
    ],
  ]
  for (const [name, spoil, expected] of cases) {
    t.test(name, async t => {
      const { keeper, path, reloads, failures, texts, until } = start(t, 'good')
      spoil(path)
      await until(() => failures.length > 0)
      fs.utimesSync(join(path, '..'), new Date(), new Date())
      await pause(80)
      t.match(
        failures.map(({ message }) => message),
        [expected],
      )
      t.equal(failures.length, 1)
      t.match(keeper.stats(), { isReady: true })
      t.equal(keeper.stats().error, failures[0])
      t.same([texts(), reloads.length], [['good'], 0])
      fs.rmSync(path, { recursive: true, force: true })
      fs.writeFileSync(path, 'better')
      await until(() => texts()?.[0] === 'better')
      t.match(keeper.stats(), { reloads: 1, error: null })
    })
  }
})

t.test('a text that went bad and back to what it was is no reload, and nothing is wrong any more', async t => {
  const { keeper, path, failures, reloads, until } = start(t, 'good')
  fs.writeFileSync(path, 'bad')
  await until(() => failures.length > 0)
  fs.writeFileSync(path, 'good')
  await until(() => keeper.stats().error === null)
  t.equal(reloads.length, 0)
})

t.test('unchanged text is no reload', async t => {
  const { keeper, path, reloads } = start(t, 'same')
  const map = keeper.current()
  for (let turn = 0; turn < 3; turn += 1) {
    fs.writeFileSync(path, 'same')
    await pause(80)
  }
  t.equal(keeper.current(), map)
  t.equal(reloads.length, 0)
})

t.test('a change right after the first read is seen', async t => {
  const { path, texts, until } = start(t, 'first')
  fs.writeFileSync(path, 'at once')
  await until(() => texts()?.[0] === 'at once')
})

t.test('other files of the directory make no work', async t => {
  let reads = 0
  const { directory, reloads } = start(t, 'first', { now: () => ((reads += 1), performance.now()) })
  await pause(150)
  const before = reads
  for (let turn = 0; turn < 20; turn += 1) fs.writeFileSync(join(directory, 'log.txt'), String(turn))
  await pause(80)
  t.equal(reads, before)
  t.equal(reloads.length, 0)
})

t.test('a file that is written without a pause is a fault in the end, and read when it comes to rest', async t => {
  let skewMs = 0
  const { path, texts, failures, until } = start(t, 'first', { now: () => performance.now() + skewMs })
  await pause(100)
  let count = 0
  const writer = setInterval(() => fs.writeFileSync(path, `text ${(count += 1)}`), 5)
  t.teardown(() => clearInterval(writer))
  await pause(60)
  skewMs = 10_000
  await until(() => failures.length > 0)
  t.match(failures[0]?.message, /written without a pause/)
  t.same(texts(), ['first'])
  clearInterval(writer)
  await until(() => texts()?.[0] === `text ${count}`)
})
