import type { Request } from "./protocol";
import { Service } from "./service";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const service = new Service((reply, transfer) => scope.postMessage(reply, transfer));

scope.addEventListener("message", (event: MessageEvent<Request>) => service.handle(event.data));
