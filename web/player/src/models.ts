import { bytesOfBase64 } from "./base64";
import { type Model, parseModel } from "./model";
import type { ProfileName } from "./profiles";

/** The files of models, each fetched when a stream needs it; in the build of one script they are inside. */
const FILES: Readonly<Record<ProfileName, () => Promise<{ default: string }>>> = {
  waveform: () => import("ligeia-model:waveform"),
  speech: () => import("ligeia-model:speech"),
  music: () => import("ligeia-model:music"),
  speech_low: () => import("ligeia-model:speech_low"),
};

const loaded = new Map<ProfileName, Promise<Model>>();

/** Return the model of a profile, loaded once. */
export function loadModel(name: ProfileName): Promise<Model> {
  let model = loaded.get(name);
  if (!model) {
    model = FILES[name]().then((file) => parseModel(bytesOfBase64(file.default)));
    model.catch(() => loaded.delete(name)); // a connection that failed may work the next time
    loaded.set(name, model);
  }
  return model;
}
