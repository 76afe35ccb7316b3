/** What is known of a stream once its header and sections are read. */
export interface Facts {
  /** Sampling rate in Hz. */
  readonly rate: number;
  readonly channels: number;
  /** Samples in each channel. */
  readonly sampleCount: number;
  readonly seconds: number;
  /** Title, artist and the like, by their names in the stream. */
  readonly tags: Readonly<Record<string, string>>;
  /** The profile of the transform coding: "speech", "music", "waveform" or "speech_low". */
  readonly profile: string;
  /** True where Python's decoder would apply its learned synthesis of low rates; this decoder does not. */
  readonly enhanced: boolean;
}

/** The samples of a block: from `start` on, `count` in each channel. */
export interface BlockRange {
  readonly start: number;
  readonly count: number;
}

export interface StreamOptions {
  /** False: more bytes will come by `append`, until `finish`. Default: true. */
  readonly complete?: boolean;
  /** Seconds of sound that are welcome; default: what the bytes of the stream justify (FORMAT.md §6). */
  readonly maxSeconds?: number;
  /** Samples times channels that one `read` may return at most; default 2^26, 268 MB. */
  readonly maxRead?: number;
  /** Whether the SIMD kernel may be used where there is one; default: true. */
  readonly simd?: boolean;
}
