import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkOutput, writeOutput, type OutputOptions } from '../../../../../src/tools/cli/terminal/output-file.js'

const modeOf = (path: string) => statSync(path).mode & 0o777

t.test('a new file holds the text, and nothing else is left in the folder', async t => {
  const folder = t.testdir({})
  writeOutput(join(folder, 'map.yaml'), 'rules: []\n')
  t.equal(readFileSync(join(folder, 'map.yaml'), 'utf8'), 'rules: []\n')
  t.same(readdirSync(folder), ['map.yaml'])
  writeFileSync(join(folder, 'plain'), '')
  t.equal(modeOf(join(folder, 'map.yaml')), modeOf(join(folder, 'plain')))
})

t.test('a file that exists is left as it is, unless it may be overwritten', async t => {
  const path = join(t.testdir({ 'map.yaml': 'old' }), 'map.yaml')
  t.throws(() => {
    writeOutput(path, 'new')
  }, /^can't write .*map\.yaml: the file exists; --force replaces it$/)
  t.equal(readFileSync(path, 'utf8'), 'old')
  writeOutput(path, 'new', { overwrite: true })
  t.equal(readFileSync(path, 'utf8'), 'new')
})

t.test('that a file exists, or its folder does not, is told before there is a text; nothing is made', async t => {
  const folder = t.testdir({ 'map.yaml': 'old' })
  const check = (name: string, options?: OutputOptions) => () => {
    checkOutput(join(folder, name), options)
  }
  t.throws(check('map.yaml'), /^can't write .*map\.yaml: the file exists; --force replaces it$/)
  t.throws(check(join('none', 'map.yaml')), /there is no such folder$/)
  t.throws(check('.', { overwrite: true }), /it is a folder$/)
  t.doesNotThrow(check('map.yaml', { overwrite: true }))
  t.doesNotThrow(check('new.yaml'))
  t.same(readdirSync(folder), ['map.yaml'])
})

t.test('a file that is replaced keeps its mode', async t => {
  const path = join(t.testdir({ 'map.yaml': 'old' }), 'map.yaml')
  chmodSync(path, 0o600)
  writeOutput(path, 'new', { overwrite: true })
  t.equal(modeOf(path), 0o600)
})

t.test('a symbolic link stays, and the file that it leads to is replaced', async t => {
  const folder = t.testdir({ real: { 'map.yaml': 'old' } })
  symlinkSync(join('real', 'map.yaml'), join(folder, 'map.yaml'))
  writeOutput(join(folder, 'map.yaml'), 'new', { overwrite: true })
  t.ok(lstatSync(join(folder, 'map.yaml')).isSymbolicLink())
  t.equal(readFileSync(join(folder, 'real', 'map.yaml'), 'utf8'), 'new')
  t.same(readdirSync(folder).sort(), ['map.yaml', 'real'])
})

t.test('a symbolic link that leads nowhere is a file that exists', async t => {
  const path = join(t.testdir({}), 'map.yaml')
  symlinkSync('nowhere', path)
  t.throws(() => {
    writeOutput(path, 'new')
  }, /the file exists/)
  writeOutput(path, 'new', { overwrite: true })
  t.equal(readFileSync(path, 'utf8'), 'new')
})

const unwritable: { name: string; path: (folder: string) => string; options?: OutputOptions; said: RegExp }[] = [
  { name: 'a folder that does not exist', path: f => join(f, 'none', 'x'), said: /x: there is no such folder$/ },
  { name: 'a path through a file', path: f => join(f, 'file', 'x'), said: /a part of the path is no folder$/ },
  { name: 'a folder that is to be made', path: f => `${join(f, 'none')}/`, said: /a part of the path is no folder$/ },
  { name: 'a folder', path: f => f, options: { overwrite: true }, said: /it is a folder$/ },
  { name: 'a device', path: () => '/dev/null', options: { overwrite: true }, said: /null: it is no file$/ },
  { name: 'a name that is too long', path: f => join(f, 'x'.repeat(300)), said: /the name is too long$/ },
  { name: 'a name with a NUL', path: f => join(f, 'x\0y'), said: /ERR_INVALID_ARG_VALUE$/ },
  { name: 'no name', path: () => '', said: /^can't write : / },
]

for (const { name, path, options, said } of unwritable) {
  t.test(`${name} is an error of one line, and leaves nothing behind`, async t => {
    const folder = t.testdir({ file: 'old' })
    t.throws(() => {
      writeOutput(path(folder), 'new', options)
    }, said)
    t.same(readdirSync(folder), ['file'])
    t.notOk(readdirSync('.').some(each => each.startsWith('.kafka-split-dns-')))
  })
}
t.ok(statSync('/dev/null').isCharacterDevice(), 'the null device is still there')
