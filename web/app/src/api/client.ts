import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Sound = Schemas["Sound"];
export type Job = Schemas["Job"];
export type Limits = Schemas["Limits"];

/** The API of the server that this page came from. */
export const api = createClient<paths>({ baseUrl: "/" });
