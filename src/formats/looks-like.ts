import type { Around } from './places.ts'

/** What bytes that are not JSON look like: a stable word, and what to do about it. */
export interface Look {
  readonly name: string
  readonly sentence: string
}

interface Sign extends Look {
  /** What must match: the word at the place, what stands before and what comes from there on. */
  readonly word?: RegExp
  readonly before?: RegExp
  readonly after?: RegExp
  /** What the document must begin with, one of these, right at the place. */
  readonly begins?: readonly string[]
}

const list = 'in Python send json.dumps(body), and arrays by array.tolist()'

/** The first one that fits is said. */
const signs: readonly Sign[] = [
  { name: 'empty', before: /^\s*$/, after: /^$/, sentence: 'Nothing was sent.' },
  {
    name: 'byte-order-mark',
    begins: ['\xef\xbb\xbf'],
    sentence: "It begins with a byte order mark: save it as UTF-8 without one, in Python with encoding 'utf-8'.",
  },
  {
    name: 'encoding',
    begins: ['\xff\xfe', '\xfe\xff', '{\0', '\0{'],
    sentence: 'It looks like UTF-16: send UTF-8.',
  },
  {
    name: 'npy',
    begins: ['\x93NUMPY'],
    sentence: 'This is a .npy file: send it as a part of multipart/form-data, with curl -F predictions=@FILE.',
  },
  {
    name: 'compressed',
    begins: ['\x1f\x8b', '\x28\xb5\x2f\xfd'],
    sentence: 'It looks compressed: declare this with the header Content-Encoding: gzip or zstd.',
  },
  {
    name: 'archive',
    begins: ['PK', '\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'],
    sentence: 'It looks like a zip or pickle file: send JSON, or .npy files as parts of multipart/form-data.',
  },
  {
    name: 'form',
    before: /^$/,
    after: /^\w+=/,
    sentence: 'It looks like a form: send one JSON object, or multipart/form-data with curl -F.',
  },
  {
    name: 'file-name',
    after: /^@/,
    sentence: 'It looks like a file name: curl reads a file with -d @FILE.',
  },
  { name: 'markup', begins: ['<'], sentence: 'It looks like HTML or XML, not JSON.' },
  {
    name: 'csv',
    before: /^\s*-?[\d.]+(?:e-?\d+)?\s*$/i,
    after: /^[,;\t]/,
    sentence:
      "It looks like CSV: send it as a part of multipart/form-data, with curl -F 'predictions=@FILE;type=text/csv'.",
  },
  {
    name: 'not-finite',
    word: /^-?(?:NaN|nan|NAN|Infinity|infinity|inf|Inf)$/,
    sentence: "JSON has no NaN and no Infinity, although Python's json.dumps writes them: remove such rows.",
  },
  {
    name: 'python',
    word: /^(?:True|False|None)$/,
    sentence: `This is Python, not JSON; JSON has true, false and null: ${list}.`,
  },
  {
    name: 'python',
    word: /^(?:b|u|r)$/,
    after: /^\w?'/,
    sentence: `This is Python, not JSON: ${list}.`,
  },
  { name: 'single-quotes', after: /^'/, sentence: `JSON only allows double quotes: ${list}.` },
  {
    name: 'printed-array',
    word: /^(?:array|tensor|np\.\w*|numpy\.\w*|torch\.\w*|\w*Array|dtype)$/,
    sentence: `This is a printed array, not JSON: ${list}.`,
  },
  { name: 'printed-array', after: /^\.\.\./, sentence: `This is an abbreviated printout of an array: ${list}.` },
  {
    name: 'printed-array',
    before: /\d\.$/,
    after: /^[\s\],]/,
    sentence: `This is a printed array, not JSON: ${list}.`,
  },
  {
    name: 'printed-array',
    before: /[\d.\]]\s+$/,
    after: /^[[\d.-]/,
    sentence: `Commas are missing, as in a printed array: ${list}.`,
  },
  { name: 'tuple', after: /^\(/, sentence: `JSON has no tuples, only arrays in square brackets: ${list}.` },
  {
    name: 'trailing-comma',
    before: /,\s*$/,
    after: /^[\]}]/,
    sentence: 'JSON does not allow a comma after the last element.',
  },
  { name: 'comment', after: /^(?:\/[/*]|#)/, sentence: 'JSON has no comments.' },
  {
    name: 'several-documents',
    before: /[}\]]\s*$/,
    after: /^[{[]/,
    sentence:
      'These are several JSON values. One batch is one object; a stream of batches, one value on each line, has the Content-Type application/x-ndjson.',
  },
  { name: 'undefined', word: /^undefined$/, sentence: 'JSON has no undefined: use null, or omit the field.' },
  { name: 'number', after: /^\.\d/, sentence: 'JSON needs a digit before the decimal point, as in 0.5.' },
  { name: 'number', after: /^\+\d/, sentence: 'JSON does not allow a plus sign before a number.' },
  { name: 'number', before: /(?:^|[^\d.])-?0$/, after: /^\d/, sentence: 'JSON does not allow leading zeros.' },
  {
    name: 'number',
    before: /\d$/,
    after: /^[_xXfdL]/,
    sentence: 'JSON numbers consist of digits and a decimal point, without suffixes or separators.',
  },
  { name: 'number', before: /-$/, after: /^\D/, sentence: 'A minus sign must be followed by a digit.' },
  {
    name: 'unquoted-key',
    before: /[{,]\s*$/,
    after: /^[A-Za-z_]\w*\s*:/,
    sentence: 'JSON keys need double quotes.',
  },
  {
    name: 'string',
    before: /"[^"]*$/,
    after: /^[\n\r\t]/,
    sentence: 'In a string, write a line break or tab as \\n or \\t. Perhaps a quotation mark is missing.',
  },
  { name: 'cut', after: /^$/, sentence: 'It ends too early: perhaps it was cut off in transit.' },
]

/** What stands at a place where JSON was expected; undefined where it looks like nothing known. */
export function looksLike(around: Around | undefined): Look | undefined {
  if (around === undefined) return undefined
  const { before, after, offset } = around
  const word = (/-?[\w.]*$/.exec(before)?.[0] ?? '') + (/^-?[\w.]*/.exec(after)?.[0] ?? '')
  return signs.find(
    (sign) =>
      (sign.begins === undefined || (offset === 0 && sign.begins.some((begin) => after.startsWith(begin)))) &&
      (sign.word?.test(word) ?? true) &&
      (sign.before?.test(before) ?? true) &&
      (sign.after?.test(after) ?? true),
  )
}
