declare module '*?kernels' {
  /** AssemblyScript as a WebAssembly module, in base64 (tools/kernels.mjs). */
  const bytes: string;
  export default bytes;
}
