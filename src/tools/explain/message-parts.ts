// What this package adds to the messages of Node and kafkajs.
const note = / \(kafka-split-dns: (.*)\)$/s

export const ownNote = (message: string): string | undefined => note.exec(message)?.[1]

/** The message without this package's name and what it adds. */
export const plainMessage = (message: string): string => message.replace(note, '').replace(/^kafka-split-dns: /, '')

/** The reason in this package's words, if the message has them, without broker, target and rule before it. */
export const reasonIn = (message: string): string =>
  (ownNote(message) ?? plainMessage(message)).replace(/^\S+ -> .*? by rule '.*?' \(.*?\); /s, '')
