import { Interrupted } from '../../../../../src/tools/cli/terminal/errors.js'
import { Readable } from 'node:stream'
import t from 'tap'
import { readHidden } from '../../../../../src/tools/cli/terminal/hidden-prompt.js'

/** What is typed at the question, and all that happens to the terminal, in order. */
function ask(typed: string) {
  const story: string[] = []
  const output = { write: (text: string) => story.push(text) }
  const stdin = Object.assign(Readable.from([typed]), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => story.push(isRaw ? 'raw' : 'cooked'),
  })
  const streams = { stdin, stdout: output, stderr: output }
  return { story, answer: readHidden(streams, 'Password: ', new AbortController().signal) }
}

t.test('the terminal shows no key from the question on, and is as before afterwards', async t => {
  const { story, answer } = ask('geheim\r')
  t.equal(await answer, 'geheim')
  t.same(story, ['raw', 'Password: ', 'cooked', '\n'])
})

t.test('Ctrl-C ends it, and leaves the terminal as before', async t => {
  const { story, answer } = ask('ge\u0003heim')
  await t.rejects(answer, new Interrupted('interrupted'))
  t.same(story.slice(-2), ['cooked', '\n'])
})

for (const [what, typed, answer] of [
  ['a backspace takes a character back', 'gx\u007feheim\n', 'geheim'],
  ['Ctrl-D ends the answer', 'geheim\u0004', 'geheim'],
  ['so does the end of the input', 'geheim', 'geheim'],
] as const) {
  t.test(what, async t => {
    t.equal(await ask(typed).answer, answer)
  })
}
