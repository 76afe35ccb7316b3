import { useLimits } from "../api/queries";
import type { Schemas, Settings, Sound, Task } from "../api/client";
import controls from "../controls/controls.module.css";
import { Slider } from "../controls/Slider";
import { hertz } from "../numbers/format";
import styles from "./Choose.module.css";
import { Compress } from "./Compress";
import { ratesAbove, startingSettings, TASK_WORDS, TASKS } from "./settings";

export interface Change {
  settings: Settings;
  /** Whether it is still moving: nothing is computed before it rests. */
  moves: boolean;
}

interface ChooseProps {
  settings: Settings;
  rate: number;
  /** The other recordings of the session, for scoring; without them that is not offered. */
  others?: Sound[];
  onChange: (change: Change) => void;
}

/** What to do with a recording: the task, and its few settings. */
export function Choose({ settings, rate, others, onChange }: ChooseProps) {
  const limits = useLimits();
  const offered = TASKS.filter((task) => limits === undefined || limits.tasks.includes(task)).filter(
    (task) => isPossible(task, rate, others) || task === settings.task,
  );
  const rest = (settings: Settings) => onChange({ settings, moves: false });
  return (
    <form className={styles.choose} aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend className={controls.legend}>What to do</legend>
        <div className={styles.tasks}>
          {offered.map((task) => (
            <label key={task} className={styles.task}>
              <input
                type="radio"
                name="task"
                checked={task === settings.task}
                onChange={() => rest(startingSettings(task, rate))}
              />
              {TASK_WORDS[task].verb}
            </label>
          ))}
        </div>
        <p className={controls.hint}>{TASK_WORDS[settings.task].what}</p>
      </fieldset>
      <SettingsOf settings={settings} rate={rate} others={others ?? []} onChange={onChange} />
    </form>
  );
}

function isPossible(task: Task, rate: number, others: Sound[] | undefined): boolean {
  if (task === "score") return others !== undefined && others.length > 0;
  return task !== "extend" || ratesAbove(rate).length > 0;
}

function SettingsOf({ settings, rate, others, onChange }: Required<ChooseProps>) {
  const rest = (changed: Settings) => onChange({ settings: changed, moves: false });
  switch (settings.task) {
    case "compress":
      return <Compress settings={settings} onChange={onChange} />;
    case "denoise":
      return <Strength settings={settings} onChange={onChange} />;
    case "restore":
      return (
        <>
          <Strength settings={settings} onChange={onChange} />
          <Check
            words="Mend clicks"
            checked={settings.clicks}
            onChange={(clicks) => rest({ ...settings, clicks })}
          />
          <Check
            words="Mend clipping"
            checked={settings.clipping}
            onChange={(clipping) => rest({ ...settings, clipping })}
          />
        </>
      );
    case "extend":
      return (
        <>
          <Pick
            label="New rate"
            value={String(settings.rate)}
            options={ratesAbove(rate).map((usual) => [String(usual), hertz(usual)])}
            onChange={(value) => rest({ ...settings, rate: Number(value) })}
          />
          <Strength settings={settings} onChange={onChange} />
        </>
      );
    case "score":
      return (
        <Pick
          label="Compare with"
          value={settings.estimate}
          options={[["", "Choose a recording"], ...others.map((one): [string, string] => [one.id, one.name])]}
          onChange={(estimate) => rest({ ...settings, estimate })}
        />
      );
  }
}

type WithStrength = Schemas["Denoise"] | Schemas["Restore"] | Schemas["Extend"];

function Strength({ settings, onChange }: { settings: WithStrength; onChange: ChooseProps["onChange"] }) {
  return (
    <Slider
      label="Strength"
      value={settings.strength}
      least={0}
      most={1}
      step={0.05}
      words={`${Math.round(settings.strength * 100)} %`}
      ends={["gentle", "full"]}
      onMove={(strength) => onChange({ settings: { ...settings, strength }, moves: true })}
      onRest={() => onChange({ settings, moves: false })}
    />
  );
}

function Check({
  words,
  checked,
  onChange,
}: {
  words: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {words}
    </label>
  );
}

interface PickProps {
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}

function Pick({ label, value, options, onChange }: PickProps) {
  return (
    <label>
      <span className={`${controls.legend} ${styles.above}`}>{label}</span>
      <select className={controls.field} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
