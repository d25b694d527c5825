// The lesson on online learning: examples of one's own, and an LSTM that learns from them.

const learning = {
  examples: [],
  names: [],
  lstm: null,
  velocity: null,
  losses: [],
  means: [],
  running: 0,
  bar: [20, 30],
  recording: 0,
};

/** A clip of a bright bar whose middle is at places (row, column) of the crop. */
function barClip(places) {
  const [rows, columns] = PAGE.crop,
    out = new Float32Array(places.length * rows * columns);
  places.forEach(([y0, x0], t) => {
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const inside = Math.abs(x - x0) < 3.5 && Math.abs(y - y0) < 11;
        out[(t * rows + y) * columns + x] = inside ? 0.9 : 0.35 + 0.03 * Math.sin(x * 1.7 + y * 2.3);
      }
  });
  return out;
}

/** Remember the features of crops as an example of a class. */
function example(frames, label, what) {
  const [rows, columns] = PAGE.crop,
    T = frames.length / rows / columns;
  const input = normalise(frames, [T, rows, columns], PAGE.lcn),
    maps = net.forward(input);
  const features = windows(T, net.config.frames, lstm.config.window_step).map((first) => net.features(maps, first));
  remember(features, label, what);
}

function remember(features, label, what) {
  if (!learning.names.includes(label)) {
    learning.names.push(label);
    learning.lstm = null; // another number of outputs
  }
  learning.examples.push({ features, label, what });
  showExamples();
}

function showExamples() {
  one("examples").replaceChildren(
    ...learning.examples.map(({ label, what, features }, k) => {
      const drop = element("button", { type: "button", "aria-label": `Forget example ${k + 1}` }, "×");
      drop.addEventListener("click", () => {
        learning.examples.splice(k, 1);
        showExamples();
      });
      const told = learning.lstm ? learning.lstm.read(features).at(-1).y : null;
      const said = told ? `: now taken for ${learning.names[largest(told)]} (${number(Math.max(...told))})` : "";
      return element("li", {}, `${label}, ${what}, ${features.length} windows${said} `, drop);
    }),
  );
}

/** An LSTM that knows nothing: as the run's, with outputs for one's own classes; numbers from a small generator. */
function newborn(classes, seed = 7) {
  const shapes = PAGE.lstm.shapes.map(([name, shape]) => [
    name,
    name.startsWith("output") ? [classes, ...shape.slice(1)] : shape,
  ]);
  const theta = new Float64Array(shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0));
  const draw = () => ((seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5) * 2;
  const range = lstm.config.initial_range;
  for (const [name, part] of Object.entries(views(shapes, theta)))
    if (!name.endsWith("bias")) part.forEach((_, k) => (part[k] = range * draw()));
  const made = new LSTM({ config: lstm.config, shapes, theta, mean: lstm.mean, deviation: lstm.deviation });
  made.weights.b.fill(lstm.config.input_gate_bias, 0, made.cells);
  return made;
}

/** One pass over the examples, an update after each. */
function pass() {
  const { examples, names } = learning,
    eta = +one("eta").value,
    mu = +one("mu").value;
  let sum = 0;
  for (const { features, label } of examples) {
    const { L, g } = learning.lstm.lossAndGradient(features, alone(names.indexOf(label), lstm.config.loss));
    update(learning.lstm.theta, learning.velocity, g, eta, mu);
    learning.losses.push(L);
    sum += L;
  }
  learning.means.push(sum / examples.length);
  showLosses();
}

function showLosses() {
  const { losses, means, examples } = learning,
    [a, b] = inks(),
    high = Math.max(0.1, ...losses.filter(Number.isFinite));
  lines(
    one("losses"),
    [
      { values: losses, ink: a },
      {
        values: means.flatMap((mean) => Array(Math.round(losses.length / means.length)).fill(mean)),
        ink: b,
        dash: DASHES[1],
      },
    ],
    { low: 0, high },
  );
  const last = means.at(-1);
  one("learned").textContent =
    last === undefined
      ? ""
      : Number.isFinite(last)
        ? `${means.length} passes over ${examples.length} clips: mean loss ${number(means[0])} in the first, ${number(last)} in the last`
        : "The loss is no number any more: choose a smaller rate and start again.";
}

function train() {
  if (learning.running) return stopTraining();
  const here = [...new Set(learning.examples.map(({ label }) => label))];
  if (here.length < 2) {
    one("learned").textContent = "Take clips of at least two classes first.";
    return;
  }
  learning.lstm ??= newborn(learning.names.length);
  learning.velocity ??= new Float64Array(learning.lstm.theta.length);
  if (learning.velocity.length !== learning.lstm.theta.length)
    Object.assign(learning, { velocity: new Float64Array(learning.lstm.theta.length), losses: [], means: [] });
  one("train").textContent = "Stop";
  let left = 30;
  const next = () => {
    pass();
    left -= 1;
    if (left && Number.isFinite(learning.means.at(-1))) learning.running = setTimeout(next, 0);
    else stopTraining();
  };
  learning.running = setTimeout(next, 0);
}

function stopTraining() {
  clearTimeout(learning.running);
  learning.running = 0;
  one("train").textContent = "Train";
  showExamples();
}

function demonstrate() {
  const steps = [...Array(34).keys()];
  for (const shift of [0, 1.3, 2.6]) {
    example(barClip(steps.map((t) => [30, 20 + 12 * Math.sin(0.45 * t + shift)])), "sideways", "a bar");
    example(barClip(steps.map((t) => [30 + 17 * Math.sin(0.45 * t + shift), 20])), "up and down", "a bar");
  }
}

function showPad() {
  const frame = barClip([learning.bar]),
    [rows, columns] = PAGE.crop;
  paint(one("pad"), columns, rows, 3, (x, y) => grey(frame[y * columns + x]));
  one("pad").style.width = "";
}

function record() {
  if (learning.recording) return;
  const places = [];
  one("pad").focus();
  learning.recording = setInterval(() => {
    places.push([...learning.bar]);
    one("pad-caption").textContent = `Recording: ${places.length} of 50 frames`;
    if (places.length < 50) return;
    clearInterval(learning.recording);
    learning.recording = 0;
    one("pad-caption").textContent = "Recorded. Press Record for another one.";
    example(barClip(places), one("class-name").value.trim() || "unnamed", "a bar of your own");
  }, 40);
}

function moveBar(y, x) {
  learning.bar = [clamp(y, PAGE.crop[0]), clamp(x, PAGE.crop[1])];
  showPad();
}
