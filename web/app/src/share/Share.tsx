import { address } from "../api/address";
import type { Job } from "../api/client";
import { inWords } from "../api/problem";
import { shareJob, unshareJob, useAction } from "../api/queries";
import controls from "../controls/controls.module.css";
import { Copy } from "../controls/Copy";
import { Icon } from "../controls/Icon";
import { Problem } from "../controls/Problem";
import { until } from "../numbers/format";
import { to } from "../route";

/** A link under which anybody may listen to a comparison, until it is taken back. */
export function Share({ job }: { job: Job }) {
  const share = useAction(shareJob);
  const unshare = useAction(unshareJob);
  const isBusy = share.isPending || unshare.isPending;
  const problem = share.error ?? unshare.error;
  return (
    <div style={{ display: "grid", gap: "var(--space-2)" }}>
      {job.shared === null ? (
        <button type="button" className={controls.button} disabled={isBusy} onClick={() => share.mutate(job)}>
          <Icon name="link" size={18} /> Share this comparison
        </button>
      ) : (
        <>
          <Copy label="Link to this comparison" text={address(to.shared(job.shared))} />
          <p className={controls.hint}>
            Whoever has the link hears both recordings, for {until(job.expires)} more.
          </p>
          <button
            type="button"
            className={controls.button}
            disabled={isBusy}
            onClick={() => unshare.mutate(job)}
          >
            Stop sharing
          </button>
        </>
      )}
      {problem !== null && <Problem>{inWords(problem)}</Problem>}
    </div>
  );
}
