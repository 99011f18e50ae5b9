import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readDocument } from './documents.js'
import { projectFolder } from './project.js'

t.test('every test that docs/security.md names is there', async t => {
  const tests = [...readDocument('docs/security.md').matchAll(/test\/[\w./-]+\.test\.ts/g)].map(([path]) => path)
  t.ok(tests.length > 10)
  t.same(
    tests.filter(path => !existsSync(join(projectFolder, path))),
    [],
  )
})
