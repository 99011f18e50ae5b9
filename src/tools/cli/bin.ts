#!/usr/bin/env node
import { interruptedCode, main } from './main.js'
import type { Output } from './terminal/streams.js'

const interrupt = new AbortController()

/** The stream as an output. Once its reader has closed it (`| head`), writes are dropped and the exit code stays right. */
function follow(stream: NodeJS.WriteStream): Output {
  let isGone = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (isGone) return
    isGone = true
    if (error.code === 'EPIPE' || stream === process.stderr) return
    process.stderr.write(`kafka-split-dns: the output can't be written: ${error.message}\n`)
    process.exit(1)
  })
  return {
    write: text => isGone || stream.write(text),
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns
    },
    get isGone() {
      return isGone
    },
  }
}

const streams = { stdin: process.stdin, stdout: follow(process.stdout), stderr: follow(process.stderr) }
const interrupted = new Promise<number>(resolve => {
  interrupt.signal.addEventListener('abort', () => {
    resolve(interruptedCode)
  })
})
// Only the first: a second Ctrl-C ends the process whatever it does.
process.once('SIGINT', () => {
  interrupt.abort()
})

const running = main(process.argv.slice(2), process.env, streams, interrupt.signal)
// A server ends its connections in order; a second Ctrl-C ends it at once.
const isServer = process.argv[2] === 'serve'
void (isServer ? running : Promise.race([running, interrupted])).then(code => {
  // Once the empty text is written, so is everything before it. Whatever is still open is not needed any more.
  process.stdout.write('', () => {
    process.stderr.write('', () => process.exit(code))
  })
})
