import type { Memory } from '../src/loss/memory.ts'

/** Memory without a limit. */
export const unaccounted: Memory = {
  reserve() {},
  release() {},
  canReserveAddressSpace: () => true,
  allocate: (bytes) => new ArrayBuffer(bytes),
  commit() {},
  free(buffer) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= 2 ** 14) buffer.transfer(0)
  },
}
