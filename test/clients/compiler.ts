import { registerHooks } from 'node:module'

/** Generators build their code with the API of the compiler, which TypeScript 7 does not have: they get that of 5. */
registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'typescript' ? 'typescript-5' : specifier, context),
})
