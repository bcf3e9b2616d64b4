import { optionNames, optionOf } from '../../loss/options.ts'

/**
 * The value of an option that comes as text, by the type of the option: a word is the text itself, and so is what no option
 * is called; anything else is JSON. What is no JSON stays text, so that the option's own rule refuses it.
 *
 * @param isJson whether the text was declared to be JSON, whatever the option holds
 */
export function valueOfText(name: string, text: string, isJson = false): unknown {
  const option = optionNames.find((known) => known === name)
  const isWord = option === undefined || optionOf(option).type.kind === 'choice'
  if (isWord && !isJson) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
