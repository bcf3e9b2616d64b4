// neither the es libraries nor @types/node declare it
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

/** Starts a module, given in base64, that needs nothing of its host, and returns what it exports. */
export function instantiate(base64: string): object {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
}
