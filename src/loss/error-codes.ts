/** What is wrong with content, one stable word each, and what it means. */
export const errorCodes = {
  missing: 'A required field, part or tensor is missing.',
  'unknown-field': 'There is no such field here.',
  'unknown-value': 'The value is not one of those allowed in this field.',
  'wrong-type': 'The value does not have the JSON type that the field requires.',
  empty: 'An array, a row or a cell is empty.',
  shape: 'The shape of an array does not match the declaration or the other arrays.',
  'not-a-number': 'An element is a string, a boolean, null or something else where a number is required.',
  'not-finite': 'A number is NaN or infinite.',
  'out-of-range': 'A number is outside the range that the declaration, the option or the loss allows.',
  'row-sum': 'The probabilities of a row do not sum to 1 within `rowSumTolerance`.',
  'not-one-hot': 'A one-hot row does not contain exactly one 1.',
  'too-few-outputs': 'The loss requires more numbers per row than `predictions` has.',
  'no-effect': 'The option has no effect with this loss, these labels or these predictions.',
  'not-available': 'This part of the answer is not available for these labels, or not for a stream.',
  'given-twice': 'A field, a part or a name occurs twice.',
  differs: 'The value differs from what was declared or sent before.',
  'not-comparable': 'Two evaluations were declared differently, so their losses cannot be compared.',
  misplaced: 'The field or part belongs in another place of the request, or in another request.',
  header:
    'The first row of a CSV part does not match `csvHeader`, or its column names differ from those of the other part.',
  malformed: 'The content of a part does not match its type.',
  unsupported: 'The service does not support this kind of file or datatype.',
} as const satisfies Record<string, string>

export type ErrorCode = keyof typeof errorCodes
