import t, { type Test } from 'tap'
import { type ProgressStream, ProgressLine } from './progress.js'

function fakeStream(isTTY: boolean, columns = 80): { stream: ProgressStream; written: string[] } {
  const written: string[] = []
  return { written, stream: { isTTY, columns, write: text => written.push(text) > 0 } }
}

function line(t: Test, stream: ProgressStream): ProgressLine {
  const progress = new ProgressLine(stream, () => 0)
  t.teardown(progress.clear)
  return progress
}

t.test('without a terminal each step is a line, its details are not told', async t => {
  const { stream, written } = fakeStream(false)
  const progress = line(t, stream)
  progress.show('Fetching')
  progress.show('Fetching', '1 jar')
  progress.show('Starting')
  progress.clear()
  t.same(written, ['Fetching ...\n', 'Starting ...\n'])
})

t.test('on a terminal one line is drawn over and over, and gone in the end', async t => {
  const { stream, written } = fakeStream(true)
  const progress = line(t, stream)
  progress.show('Fetching', '1 jar')
  progress.clear()
  t.same(written, ['\r\u001b[KFetching (1 jar) ... 0.0 s', '\r\u001b[K'])
})

t.test('the line never wraps', async t => {
  const { stream, written } = fakeStream(true, 10)
  line(t, stream).show('A step with a long name')
  t.equal(written[0], '\r\u001b[KA step wi')
})
