import { resultAddress, type Place } from "../api/address";
import { inShort } from "../choose/settings";
import styles from "./Listen.module.css";

/** The original and the result of a job, to be heard. */
export default function Listen({ place }: { place: Place }) {
  const original = resultAddress(place, "reference");
  const made = resultAddress(place, "wav");
  return (
    <div className={styles.pair}>
      {original !== undefined && <Player words="Original" address={original} />}
      {made !== undefined && <Player words={inShort(place.job.settings)} address={made} />}
    </div>
  );
}

function Player({ words, address }: { words: string; address: string }) {
  return (
    <figure>
      <figcaption>{words}</figcaption>
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- recordings of users: nobody wrote captions */}
      <audio controls preload="metadata" src={address} aria-label={words} />
    </figure>
  );
}
