// What the bundler knows and the type checker does not.
declare module '*.ftl' {
  const catalogue: import('./words/words').Catalogue;
  export default catalogue;
}
