/** The result from its coded stream, decoded in this browser: kilobytes are there long before a WAV file is. */

import { StreamWorker } from "../../../player/src/index";
import { Chunked, openWav, type Channels, type Samples, type Source } from "./source";

const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Return the stream's sound, or undefined where only the server's decoder makes what was meant. */
async function openStream(
  url: string,
  like: Samples,
  signal: AbortSignal,
): Promise<StreamWorker | undefined> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`the stream could not be loaded (${response.status})`);
  const stream = await StreamWorker.open(response.body);
  const alike =
    stream.rate === like.rate && stream.channels === like.channels && stream.sampleCount === like.frames;
  if (!stream.enhanced && alike && !signal.aborted) return stream;
  stream.close();
  return undefined;
}

/**
 * Open the result that belongs to a reference: from its stream where that is possible, else from its WAV file.
 *
 * `tell` hears why a stream was not decoded here though there was one to try.
 */
export async function openResult(
  source: Source,
  like: Promise<Samples>,
  signal: AbortSignal,
  tell: (note: string) => void,
): Promise<Samples> {
  if (!source.lig) return openWav(source.wav, signal);
  try {
    const reference = await like;
    const stream = await openStream(source.lig, reference, signal);
    if (stream) return withFallback(stream, reference, () => openWav(source.wav, signal), tell);
  } catch (error) {
    if (signal.aborted) throw error;
    tell(`the .lig stream was not decoded here (${sentence(error)})`);
  }
  return openWav(source.wav, signal);
}

/** Read from a stream until a block of it turns out to be damaged; from then on what the server made of it. */
function withFallback(
  stream: StreamWorker,
  shape: Samples,
  wav: () => Promise<Samples>,
  tell: (note: string) => void,
): Samples {
  let instead: Promise<Samples> | undefined;
  const load = async (start: number, stop: number): Promise<Channels> => {
    if (!instead) {
      try {
        return (await stream.read(start, stop)) as Channels;
      } catch (error) {
        tell(`the .lig stream was not decoded here (${sentence(error)})`);
        instead ??= wav();
      }
    }
    return (await instead).read(start, stop);
  };
  return new Chunked(shape, load, true, () => stream.close());
}
