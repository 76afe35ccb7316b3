import type { Schemas } from "../api/client";
import { Segments } from "../controls/Segments";
import { Slider } from "../controls/Slider";
import type { Change } from "./Choose";
import {
  placeOf,
  QUALITY,
  RATE_STEPS,
  SNR,
  START_KBPS,
  targetOf,
  withTarget,
  type Preset,
  type Target,
} from "./settings";

interface CompressProps {
  settings: Schemas["Compress"];
  onChange: (change: Change) => void;
}

const TARGETS: { value: Target; words: string }[] = [
  { value: "kbps", words: "Bit rate" },
  { value: "quality", words: "Quality" },
  { value: "snr_db", words: "SNR" },
];

const PRESETS: { value: Preset | "auto"; words: string }[] = [
  { value: "auto", words: "Auto" },
  { value: "speech", words: "Speech" },
  { value: "music", words: "Music" },
  { value: "waveform", words: "Exact" },
];

/** How small: one of bit rate, quality and signal-to-noise ratio; and for what kind of sound. */
export function Compress({ settings, onChange }: CompressProps) {
  const target = targetOf(settings);
  const rest = (changed: Schemas["Compress"]) => onChange({ settings: changed, moves: false });
  return (
    <>
      <Segments
        legend="Aim for"
        value={target}
        options={TARGETS}
        onChange={(chosen) => rest(withTarget(settings, chosen))}
      />
      <TargetSlider settings={settings} target={target} onChange={onChange} />
      {target !== "snr_db" && (
        <Segments
          legend="Kind of sound"
          value={settings.preset ?? "auto"}
          options={PRESETS}
          onChange={(preset) => rest({ ...settings, preset: preset === "auto" ? null : preset })}
        />
      )}
    </>
  );
}

function TargetSlider({ settings, target, onChange }: CompressProps & { target: Target }) {
  const move = (value: number) => onChange({ settings: withTarget(settings, target, value), moves: true });
  const shared = { onRest: () => onChange({ settings, moves: false }) };
  if (target === "kbps") {
    const kbps = settings.kbps ?? START_KBPS;
    return (
      <Slider
        {...shared}
        label="Bit rate"
        value={placeOf(kbps)}
        least={0}
        most={RATE_STEPS.length - 1}
        step={1}
        words={`${kbps} kbit/s`}
        ends={["smaller", "closer"]}
        onMove={(place) => move(RATE_STEPS[place])}
      />
    );
  }
  if (target === "quality") {
    const quality = settings.quality ?? QUALITY.start;
    return (
      <Slider
        {...shared}
        label="Quality"
        value={quality}
        least={QUALITY.least}
        most={QUALITY.most}
        step={0.5}
        words={`${quality} of 10`}
        ends={["smaller", "closer"]}
        onMove={move}
      />
    );
  }
  const snr = settings.snr_db ?? SNR.start;
  return (
    <Slider
      {...shared}
      label="Signal-to-noise ratio"
      value={snr}
      least={SNR.least}
      most={SNR.most}
      step={1}
      words={`${snr} dB`}
      ends={["smaller", "closer"]}
      onMove={move}
    />
  );
}
