import { optionNames, optionOf } from '../loss/options.ts'

/**
 * The value of an option that comes as text, by the type of the option: a word is the text itself, and so is what no option
 * is called; anything else is JSON. Of a list of words, names or columns it may be one of them, as forms send lists. What is not JSON stays text, so that the option's own rule refuses it.
 *
 * @param isJson whether the text was declared to be JSON, whatever the option holds
 */
export function valueOfText(name: string, text: string, isJson = false): unknown {
  // text has no types
  if (name === 'at' && /^-?\d{1,16}$/.test(text)) return Number(text)
  const kind = kindOf(name)
  if ((kind === undefined || kind === 'choice') && !isJson) return text
  try {
    return JSON.parse(text)
  } catch {
    return kind === 'choices' || kind === 'groupings' || kind === 'names' ? [text] : text
  }
}

/** Whether an option is a list of words or names, which may come in parts of one name. */
export function isListOfWords(name: string): boolean {
  return kindOf(name) === 'choices' || kindOf(name) === 'names'
}

function kindOf(name: string): string | undefined {
  if (name === 'require') return name
  const option = optionNames.find((known) => known === name)
  return option === undefined ? undefined : optionOf(option).type.kind
}
