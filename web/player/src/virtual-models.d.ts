declare module "ligeia-model:*" {
  /** The numbers of a model as base64, see packing.ts. */
  const base64: string;
  export default base64;
}
