// Renders the graph of the comparison offline: `render({rate, frames, a, b, pieces, switches, ...})` gives the samples.
// Sounds are given as names, so that nothing large crosses from the test: "ramp" (frame i has the value i), "noise",
// "other" (another noise), "one", "minus" (the noise, negated), "zero".

function random(seed) {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 31 - 1;
  };
}

function buffer(context, name, start, stop) {
  const [noise, other] = [random(1), random(2)];
  const make = { ramp: (i) => i, noise: () => noise(), other: () => other(), one: () => 1, minus: () => -noise(), zero: () => 0 };
  const all = Float32Array.from({ length: stop }, (_, i) => make[name](i));
  const result = context.createBuffer(1, stop - start, context.sampleRate);
  result.copyToChannel(all.subarray(start, stop), 0);
  return result;
}

window.render = async ({ rate, frames, a, b, x = "a", pieces, switches = [], levels, fade = 0.01 }) => {
  const context = new OfflineAudioContext(1, frames, rate);
  const graph = new window.CompareGraph(context, fade);
  if (levels) graph.setLevels(...levels);
  for (const { from, to, when, offset = from, loop } of pieces)
    graph.start(
      {
        a: buffer(context, a, from, to),
        b: buffer(context, b, from, to),
        x,
        offset: (offset - from) / rate,
        loop: loop && { start: (loop[0] - from) / rate, end: (loop[1] - from) / rate },
      },
      when / rate,
    );
  for (const [which, frame] of switches) graph.hear(which, frame / rate);
  return Array.from((await context.startRendering()).getChannelData(0));
};
