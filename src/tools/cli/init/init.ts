import type { Command, Run } from '../command.js'
import { brokersOf, readConfig, readConnection } from '../doctor/doctor-options.js'
import { connectThrough } from './init-connect.js'
import { initHelp, initOptions, readInitOptions } from './init-options.js'
import { completeRequest } from './init-request.js'
import { madeText } from './init-text.js'
import type { MadeMap } from '../../init/make-map.js'
import { pluralise } from '../../../text/pluralise.js'
import { Interrupted } from '../terminal/errors.js'
import { LinePrompt } from '../terminal/line-prompt.js'
import { checkOutput, writeOutput } from '../terminal/output-file.js'
import { widthOf } from '../terminal/streams.js'
import { styleFor } from '../terminal/style.js'

export const init: Command = {
  name: 'init',
  synopsis: 'init --brokers H:P --endpoint NAME...',
  summary: "makes a map, by the provider's names",
  help: initHelp,
  options: initOptions,
  run: runInit,
}

async function runInit(run: Run): Promise<number> {
  const { streams, env, signal } = run
  const flags = readInitOptions(run)
  const overwrite = flags.isForced
  if (flags.out !== undefined) checkOutput(flags.out, { overwrite })
  const config = await readConfig(run)
  const brokers = flags.brokers.length > 0 ? flags.brokers : ((await brokersOf(config)) ?? [])
  // One for all questions, because it may hold what was typed ahead.
  const prompt = LinePrompt.canAsk(streams) ? new LinePrompt(streams, signal) : undefined
  const complete = await completeRequest(run, { ...flags, brokers }, prompt)
  const print = (made: MadeMap) => {
    if (flags.out === undefined) streams.stdout.write(made.text)
    else writeOutput(flags.out, made.text, { overwrite })
    streams.stderr.write(madeText(made, flags.out, styleFor(streams.stderr, env), widthOf(streams.stderr)))
  }
  if (!flags.connects) {
    print(complete.made)
    return 0
  }
  // Asked before anything is printed, so that nothing is that can't be followed by the rest.
  const connection = await readConnection(run, config)
  const agree = flags.isAgreed ? () => true : prompt && ((count: number) => askForRules(prompt, count))
  const outcome = await connectThrough(run, complete, connection, agree).catch((error: unknown) => {
    // The map is as good as without --connect.
    if (!(error instanceof Interrupted)) print(complete.made)
    throw error
  })
  print(outcome.made)
  streams.stderr.write(`\n${outcome.verdict}`)
  return outcome.isComplete ? 0 : 1
}

const askForRules = (prompt: LinePrompt, count: number) =>
  prompt.ask(`\nWrite rules for ${pluralise(count, 'more broker')}? [Y/n] `, answer => {
    if (/^(?:y|yes)?$/i.test(answer)) return true
    if (/^no?$/i.test(answer)) return false
    throw new Error('expected y or n')
  })
