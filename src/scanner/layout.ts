// Read by both compilers, tsc and asc: what the host and the WebAssembly module must agree on.

// Memory, in bytes. One document at a time lives in it; between writes its state is kept by the host.
export const POWERS = 0x1000
export const SECRET = 0x3f00 // 64 random bits
export const OPTIONS = 0x8000
export const CARRY_CAPACITY = 0x10000
export const INPUT = 0x40000
export const INPUT_CAPACITY = 0x10000
export const NUMBERS = 0x50100
export const STATE = 0x90200
export const TENSOR_KEY_CAPACITY = 0x200
export const TEXT_CAPACITY = 3
export const CAPTURE = 0x90600
export const KEY_HASHES = 0x907f0
export const KEY_CAPACITY = 1024
export const KEYS = 0x91000 // up to the end
export const PAGES = 16

// Powers of five in the table.
export const SMALLEST_POWER = -342
export const LARGEST_POWER = 308

export const DEPTH_CAPACITY = 64
export const LISTED_DEPTH = 3 // of the members of an object in a list
export const NON_NUMERIC_CAPACITY = 20
export const CAPTURE_CAPACITY = 248
/** Bytes of a string that is left where it stands. */
export const LONGEST_PLACED = 512

// Fields of the state, 32 bits each.
export const POSITION = 0
export const END = 1
export const MODE = 2
export const DEPTH = 3
export const NESTING = 4 // 64 bits, one a level: 1 is an object
export const KEYS_TOP = 6 // where the next key will be kept
export const KEYS_END = 7 // the end of what is kept, the beginning of a key included
export const ROLE = 8
export const STEP = 9
export const CODE = 10
export const LOWEST = 11
export const HIGHEST = 12
export const LITERAL_REST = 13
export const KIND = 14
export const KEY_LENGTH = 15
export const KEY_COUNT = 16
export const KEY_BASE = 17
export const CAPTURED = 18
export const OPTION_TOTAL = 19
export const OPTION_BASE = 20
export const OPTION_MARK = 21
export const SPAN = 22
export const TENSOR = 23
export const WATCH = 24
export const RESUME_DEPTH = 25
export const RANK = 26
export const OUTER = 27
export const INNER = 28
export const COLUMNS = 29
export const TOTAL = 30
export const NON_NUMERIC = 31
export const PATH_OUTER = 32
export const PATH_INNER = 33
export const FAULT = 34
export const FAULT_KIND = 35
export const FAULT_COUNT = 36
export const FAULT_MIXED = 37
export const NUMBERS_END = 38
export const REASON = 39
// Of lines that were read together, how many, and of their labels the rank and where they end.
export const LINES = 40
export const LABELS_RANK = 41
export const BASE = 42 // the depth of the object around the member that is a tensor, less one
export const IN_LIST = 43
export const TEXTS = 44 // members that are texts and have begun
export const TEXT_RANGES = 45 // of each of them where it begins among the options, and where it ends
// The limits, in the order of LIMIT_NAMES in limits.ts, then the tensor keys, as `keys` keeps keys.
export const LIMITS = 51
export const TENSOR_COUNT = 59
export const LABELS_END = 60
export const HAS_LIST = 61 // behind the tensor keys, that of a list and that of the tensors in its objects
export const TEXT_COUNT = 62 // behind these those of the members that are texts
export const NAMED_TENSOR = 63 // the tensor whose strings are told apart, as those of the list are, or -1
export const TENSOR_KEYS = 64

export const LIMIT_DEPTH = 0
export const LIMIT_KEY_LENGTH = 1
export const LIMIT_KEYS = 2
export const LIMIT_OPTION_BYTES = 3
export const LIMIT_ELEMENTS = 4
export const LIMIT_ROWS = 5
export const LIMIT_COLUMNS = 6
export const LIMIT_NUMBER_LENGTH = 7

// Why the module gives control back.
export const MORE = 0
export const TENSOR_ENDED = 1
export const NON_NUMERIC_FOUND = 2
export const REFUSED = 3
export const EXCEEDED = 4

// What the module expects next; at a refusal, with the reasons below, what it would have accepted.
export const START = 0
export const FIRST_KEY = 1
export const KEY = 2
export const COLON = 3
export const VALUE = 4
export const FIRST_VALUE = 5
export const AFTER_MEMBER = 6
export const AFTER_ELEMENT = 7
export const FINISHED = 8
export const TEXT = 9
export const LITERAL = 10
export const NUMBER = 11
export const ESCAPE = 12
export const HEXADECIMAL = 13
export const CONTINUATION = 14
export const KEY_TWICE = 15
export const KEY_PROTO = 16

// Kinds of values that are no number.
export const KIND_NULL = 0
export const KIND_FALSE = 1
export const KIND_TRUE = 2
export const KIND_STRING = 3
export const KIND_OBJECT = 4
export const KIND_NUMBER = 5

// What a string is read for.
export const ROLE_NONE = 0
export const ROLE_KEY = 1
export const ROLE_CAPTURE = 2

// Ways not to be a tensor.
export const FAULT_NONE = 0
export const FAULT_ROOT = 1
export const FAULT_AMONG_ROWS = 2
export const FAULT_AMONG_NUMBERS = 3
export const FAULT_RAGGED = 4
export const FAULT_DEEP = 5
