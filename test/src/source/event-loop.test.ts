import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { serve } from './helpers/server.js'
import { loaderFlags, moduleFile } from '../../project.js'

const source = (path: string) => JSON.stringify(moduleFile(`src/${path}`))

/** Runs the code in a process of its own, with a keeper of these options at hand; gives its exit code and output. */
const run = (options: object, code: string) => {
  const script = `
    import { openMap } from ${source('source/map-keeper')}
    import { readSettings } from ${source('config/settings')}
    const { settings, origins } = readSettings(${JSON.stringify(options)}, {})
    const compile = sources => {
      if (sources.some(({ text }) => text?.includes('bad'))) throw new Error('is bad')
      return { map: { ruleCount: sources.length }, warnings: [] }
    }
    const open = () => openMap(settings, origins, { compile })
    const startedAt = performance.now()
    process.on('exit', code => console.log('exit', code, performance.now() - startedAt < 15_000 ? 'soon' : 'late'))
    ${code}
  `
  return new Promise<string>((resolve, reject) => {
    const args = [...loaderFlags, '--input-type=module', '--eval', script]
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error?.killed === true) reject(new Error('held open'))
      else resolve(stdout + stderr)
    })
  })
}

t.test('a process', async t => {
  const server = await serve(t, (_request, response) => void response.end('copy'))
  const silent = await serve(t, () => undefined)
  const failing = await serve(t, (_request, response) => void response.writeHead(500).end())
  // A connection that is kept would hold the process for longer than a busy machine takes to start it.
  for (const { server: each } of [server, silent, failing]) each.keepAliveTimeout = 120_000
  const mapFile = join(t.testdir({ map: 'file' }), 'map')
  const cases: [name: string, options: object, code: string, expected: string][] = [
    ['that only opened a keeper of a file is not held open', { mapFile }, 'open()', 'exit 0 soon\n'],
    ['that opened and closed one exits at once', { mapFile, mapUrl: silent.url }, 'open().close()', 'exit 0 soon\n'],
    ['is not held open by a URL that answers', { mapUrl: server.url }, 'open()', 'exit 0 soon\n'],
    ['is not held open by a URL that never answers', { mapUrl: silent.url }, 'open()', 'exit 0 soon\n'],
    ['is not held open between two attempts', { mapUrl: failing.url }, 'open()', 'exit 0 soon\n'],
    [
      'is not held open by a connect that waits for the first copy',
      { mapUrl: silent.url },
      'open().whenReady().catch(() => console.log("never"))',
      'exit 0 soon\n',
    ],
    [
      'that awaits ready lives until the copy is there, and no longer',
      { mapUrl: server.url },
      'const keeper = open(); await keeper.ready(); console.log(keeper.current().ruleCount)',
      '1\nexit 0 soon\n',
    ],
    [
      'that awaits reload lives until it is done, and no longer',
      { mapFile, mapUrl: server.url },
      'const keeper = open(); await keeper.reload(); console.log(keeper.current().ruleCount)',
      '2\nexit 0 soon\n',
    ],
    [
      'survives a reload and a ready that nobody handles',
      { mapUrl: failing.url },
      'const keeper = open(); keeper.ready(); keeper.reload(); setTimeout(() => keeper.close(), 300)',
      'exit 0 soon\n',
    ],
  ]
  for (const [name, options, code, expected] of cases) {
    t.test(name, async t => t.equal(await run(options, code), expected))
  }
})
