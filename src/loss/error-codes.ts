/** What is wrong with content, one stable word each, and what it means. */
export const errorCodes = {
  missing: 'A required field, part or tensor is not there.',
  'unknown-field': 'The field is not one of those that belong here.',
  'unknown-value': 'The word is not one of those that the field takes.',
  'wrong-type': 'The value has another JSON type than the field needs.',
  empty: 'An array, a row or a cell has nothing in it.',
  shape: 'An array has another shape than the declaration or the other arrays need.',
  'not-a-number': 'An element is a string, a boolean, null or something else where a number belongs.',
  'not-finite': 'A number is NaN or infinite.',
  'out-of-range': 'A number is not one of those that the declaration, the option or the loss allows.',
  'row-sum': 'The probabilities of a row do not sum to 1 within `rowSumTolerance`.',
  'not-one-hot': 'A one-hot row has no 1, or several.',
  'too-few-outputs': 'The loss needs more numbers per row than `predictions` has.',
  'no-effect': 'The option has no effect with this loss, these labels or these predictions.',
  'not-available': 'This part of the answer cannot be given for these labels, or not for a stream.',
  'given-twice': 'A field, a part or a name is there twice.',
  differs: 'The value is another one than what was declared or sent before.',
  'not-comparable': 'Two evaluations were declared in ways that do not let their losses be compared.',
  misplaced: 'The field or part belongs elsewhere in the request.',
  header: 'The first row of a CSV part is not what `csvHeader` says, or its names are not those of the other part.',
  malformed: 'A part is not what its type says.',
  unsupported: 'A file or a datatype is of a kind that the service does not read.',
} as const satisfies Record<string, string>

export type ErrorCode = keyof typeof errorCodes
