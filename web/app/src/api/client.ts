import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { base } from "./address";

export type Schemas = components["schemas"];
export type Sound = Schemas["Sound"];
export type Job = Schemas["Job"];
export type Limits = Schemas["Limits"];
export type Report = Schemas["Report"];
export type Problem = Schemas["Problem"];
export type Result = Schemas["Result"];
export type Settings = Job["settings"];
export type Task = Settings["task"];
export type ResultKind = Result["kind"];

/** The API of the server that this page came from, under whatever prefix it stands. */
export const api = createClient<paths>({ baseUrl: base, fetch: (request) => globalThis.fetch(request) });
