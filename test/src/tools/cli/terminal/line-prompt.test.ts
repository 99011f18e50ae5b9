import { Interrupted, UsageError } from '../../../../../src/tools/cli/terminal/errors.js'
import t from 'tap'
import { LinePrompt } from '../../../../../src/tools/cli/terminal/line-prompt.js'

const terminal = { isTTY: true }

/** A prompt at which the chunks arrive one by one, and what it says. */
function promptFor(chunks: readonly (string | Uint8Array)[], signal = new AbortController().signal) {
  let said = ''
  const stderr = { ...terminal, write: (text: string) => (said += text) }
  const stdin = {
    ...terminal,
    async *[Symbol.asyncIterator]() {
      yield* chunks
    },
  }
  const prompt = new LinePrompt({ stdin, stdout: stderr, stderr }, signal)
  return { prompt, said: () => said }
}

const lines: { name: string; chunks: (string | Uint8Array)[]; answers: string[] }[] = [
  { name: 'a line a chunk', chunks: ['a\n', 'b\n'], answers: ['a', 'b'] },
  { name: 'all lines at once', chunks: ['a\nb\nc\n'], answers: ['a', 'b', 'c'] },
  { name: 'a line in parts', chunks: ['a', 'b', 'c\n'], answers: ['abc'] },
  { name: 'both line ends', chunks: ['a\r\nb\r\n'], answers: ['a', 'b'] },
  { name: 'both line ends, the second later', chunks: ['a\r', '\nb\r', '\n', 'c\n'], answers: ['a', 'b', 'c'] },
  { name: 'returns alone', chunks: ['a\rb\r'], answers: ['a', 'b'] },
  { name: 'an empty line', chunks: ['\n', 'b\n'], answers: ['', 'b'] },
  { name: 'a last line without an end', chunks: ['a\nb'], answers: ['a', 'b'] },
  { name: 'a character in two chunks', chunks: [Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])], answers: ['ü'] },
  {
    name: 'a line that is too long is cut',
    chunks: ['x'.repeat(30_000), 'y\n', 'b\n'],
    answers: ['x'.repeat(10_000), 'b'],
  },
]
for (const { name, chunks, answers } of lines) {
  t.test(name, async t => {
    const { prompt } = promptFor(chunks)
    const given: string[] = []
    for (const answer of answers) {
      given.push(await prompt.ask('? ', text => text))
      t.equal(given.at(-1), answer)
    }
    await t.rejects(
      prompt.ask('Name: ', text => text),
      UsageError,
    )
  })
}

t.test('where the input ends there is no answer, and the question is named', async t => {
  const { prompt, said } = promptFor([])
  await t.rejects(
    prompt.ask('Name: ', text => text),
    { message: "no answer to 'Name:'" },
  )
  t.equal(said(), 'Name: \n')
})

t.test('an answer that can’t be read is asked for again, control characters unseen', async t => {
  const { prompt, said } = promptFor(['a\n', 'b\n'])
  const answer = await prompt.ask('? ', text => {
    if (text === 'a') throw new Error('not \u001b[2Ja')
    return text
  })
  t.equal(answer, 'b')
  t.equal(said(), '?   not ?[2Ja\n? ')
})

t.test('Ctrl-C is no answer', async t => {
  await t.rejects(
    promptFor(['ab\u0003c\n']).prompt.ask('? ', text => text),
    Interrupted,
  )
  const controller = new AbortController()
  const asked = promptFor(['never\n'], controller.signal)
  controller.abort()
  await t.rejects(
    asked.prompt.ask('? ', text => text),
    Interrupted,
  )
})

t.test('a person can be asked only where input and standard error are terminals', async t => {
  const stream = { write: () => true, async *[Symbol.asyncIterator]() {} }
  for (const [input, output, can] of [
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ] as const) {
    const streams = { stdin: { ...stream, isTTY: input }, stdout: stream, stderr: { ...stream, isTTY: output } }
    t.equal(LinePrompt.canAsk(streams), can)
  }
})
