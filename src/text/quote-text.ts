import { visibleText } from './visible-text.js'

const maxLength = 120

/** The text in quotes, fit for one line of a message. */
export const quoteText = (text: string): string => `'${visibleText(text, maxLength)}'`
