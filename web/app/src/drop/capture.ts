import workletAddress from "./capture.worklet.ts?worker&url";

/** What a microphone gives, before any lossy coding: that would be heard in every comparison. */
export interface Capture {
  rate: number;
  stop: () => void;
}

/** Return why nothing can be recorded, in words, for whatever a browser threw. */
export function microphoneProblem(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
      return "The browser did not let this page use the microphone. Allow it beside the address, then try again.";
    case "NotFoundError":
      return "No microphone was found.";
    case "NotReadableError":
      return "The microphone is in use by another program.";
    case "SecurityError":
    case "TypeError":
      return "Browsers record only on pages that came by https, or from this computer.";
    default:
      return "The microphone could not be opened.";
  }
}

/** Open the microphone and pass on its samples until stopped. No echo or noise processing: it is a codec's input. */
export async function capture(onSamples: (samples: Float32Array) => void): Promise<Capture> {
  // absent where the page came by plain http from another computer
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new DOMException("no secure context", "SecurityError");
  const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await devices.getUserMedia({ audio });
  const context = new AudioContext();
  const stop = () => {
    stream.getTracks().forEach((track) => track.stop());
    void context.close();
  };
  try {
    await context.audioWorklet.addModule(workletAddress);
    const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1 });
    node.port.onmessage = (event: MessageEvent<Float32Array>) => onSamples(event.data);
    context.createMediaStreamSource(stream).connect(node);
    await context.resume();
  } catch (error) {
    stop();
    throw error;
  }
  return { rate: context.sampleRate, stop };
}
