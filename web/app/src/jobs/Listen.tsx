import { resultAddress, type Place } from "../api/address";
import { inShort } from "../choose/settings";
import { Comparison } from "../compare/Comparison";
import { Problem } from "../controls/Problem";

/** The original and the result of a job, side by side, to be heard and seen. */
export default function Listen({ place }: { place: Place }) {
  const { job } = place;
  const original = resultAddress(place, "reference");
  const made = resultAddress(place, "wav");
  if (original === undefined || made === undefined || job.report === null)
    return <Problem>The sound of this result is not on the server.</Problem>;
  return (
    <Comparison
      reference={{ wav: original, overview: resultAddress(place, "reference_overview") }}
      estimate={{
        wav: made,
        overview: resultAddress(place, "overview"),
        lig: resultAddress(place, "lig"),
      }}
      error={resultAddress(place, "error_overview")}
      names={{ a: "Original", b: inShort(job.settings) }}
      seconds={job.report.seconds}
      rate={job.report.rate}
      channels={job.report.channels}
    />
  );
}
