import type { Memory } from '../loss/memory.ts'
import type { Tensor } from '../loss/tensor.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import { bytesOf } from './datatypes.ts'
import type { BodyLimits } from './limits.ts'
import type { NpyHeader } from './npy-header.ts'
import { npyHeaderOf } from './npy-header.ts'
import { checkShape, RawTensor } from './raw-tensor.ts'

const magic = Buffer.from('\x93NUMPY', 'latin1')
const zipMagic = Buffer.from('PK')
const versionAt = magic.length
const lengthAt = versionAt + 2
const maxHeaderBytes = 2 ** 16

/** Reads one .npy file, in chunks of any size: versions 1 to 3, either order of the bytes and of the elements. */
export class NpyReader {
  readonly #name: string
  readonly #limits: BodyLimits
  readonly #memory: Memory
  #head = Buffer.alloc(lengthAt + 4)
  #filled = 0
  #needed = magic.length
  #raw: RawTensor | undefined

  constructor(name: string, limits: BodyLimits, memory: Memory) {
    this.#name = name
    this.#limits = limits
    this.#memory = memory
  }

  write(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0 && this.#raw === undefined) {
      const taken = rest.copy(this.#head, this.#filled, 0, this.#needed - this.#filled)
      this.#filled += taken
      rest = rest.subarray(taken)
      this.#readHead()
    }
    if (rest.length === 0) return
    const left = this.#raw?.write(rest)
    if (left?.length !== 0)
      refuse([this.#name], `${this.#name}: bytes follow the array of the .npy file`, 'bytes', 'malformed')
  }

  *end(): Generator<void, Tensor> {
    const [name, raw] = [this.#name, this.#raw]
    if (raw === undefined) {
      this.#checkMagic()
      const detail = `${name} ends in the header of the .npy file, after ${this.#filled} bytes`
      return refuse([name], detail, `${this.#filled} bytes`, 'malformed')
    }
    if (!raw.isWhole) {
      const detail = `${name} must have the ${raw.size} bytes that its .npy header declares; received ${raw.filled}`
      refuse([name], detail, `${raw.filled} bytes`, 'malformed')
    }
    return yield* raw.tensor()
  }

  #readHead(): void {
    if (this.#filled < this.#needed) return
    const [head, name] = [this.#head, this.#name]
    if (this.#needed === magic.length) {
      this.#checkMagic()
      this.#needed = lengthAt
      return
    }
    const [major, minor] = head.subarray(versionAt, lengthAt)
    const textAt = major === 1 ? lengthAt + 2 : lengthAt + 4
    if (this.#needed === lengthAt) {
      if (major < 1 || major > 3 || minor !== 0) {
        refuse(
          [name],
          `${name} must be a .npy file of version 1, 2 or 3; received ${major}.${minor}`,
          `${major}.${minor}`,
          'unsupported',
        )
      }
      this.#needed = textAt
      return
    }
    if (this.#needed === textAt) {
      const length = major === 1 ? head.readUInt16LE(lengthAt) : head.readUInt32LE(lengthAt)
      if (length > maxHeaderBytes) {
        refuse(
          [name],
          `the .npy header of ${name} may have at most ${maxHeaderBytes} bytes; received ${length}`,
          length,
          'malformed',
        )
      }
      this.#needed += length
      this.#head = Buffer.alloc(this.#needed)
      head.copy(this.#head, 0, 0, textAt)
      if (length > 0) return
    }
    this.#begin(npyHeaderOf(name, head.toString(major === 3 ? 'utf8' : 'latin1', textAt, this.#needed)))
  }

  #begin(header: NpyHeader): void {
    const [name, { shape, datatype }, { maxBodyBytes }] = [this.#name, header, this.#limits]
    checkShape(shape, this.#limits, [name])
    const bytes = shape.reduce((product, size) => product * size, bytesOf(datatype))
    if (bytes > maxBodyBytes) {
      const detail = `shape [${shape.join(', ')}] of ${name} takes ${bytes} bytes; maxBodyBytes is ${maxBodyBytes}.`
      throw new LimitExceeded('maxBodyBytes', maxBodyBytes, [name], detail)
    }
    this.#raw = new RawTensor(name, shape, datatype, this.#memory, header)
  }

  #checkMagic(): void {
    const begin = this.#head.subarray(0, Math.min(this.#filled, magic.length))
    if (begin.equals(magic.subarray(0, begin.length))) return
    const name = this.#name
    if (begin.subarray(0, zipMagic.length).equals(zipMagic)) {
      const detail = `${name} is a .npz archive; send the .npy file of one of its arrays: unzip it, or numpy.save('${name}.npy', numpy.load(file)['${name}'])`
      refuse([name], detail, 'a .npz archive', 'unsupported')
    }
    const detail = `${name} is not a .npy file; for JSON or CSV, give the part a Content-Type: with curl, -F '${name}=@FILE;type=text/csv'; in Python's requests, files={'${name}': ('FILE', data, 'text/csv')}`
    refuse([name], detail, 'other bytes', 'malformed')
  }
}
