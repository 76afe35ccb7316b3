declare module "ligeia-model:*" {
  /** A file of the safetensors layout as base64. */
  const base64: string;
  export default base64;
}
