// What is on screen, what it is computed from, and the unit that is looked at.

const PAGE = JSON.parse(one("data").textContent);
const net = new ConvNet({ ...PAGE.convnet, theta: decoded(PAGE.convnet.theta) });
const lstm = new LSTM({
  ...PAGE.lstm,
  theta: decoded(PAGE.lstm.theta),
  mean: decoded(PAGE.lstm.mean),
  deviation: decoded(PAGE.lstm.deviation),
});
const GATES = ["i", "o", "g", ...(lstm.config.forget_gate ? ["f"] : []), "c", "h"];
const NAMES = {
  i: "input gate i",
  o: "output gate o",
  g: "cell input g",
  f: "forget gate f",
  c: "carousel c",
  h: "output h",
};
const WAYS = {
  abs: "the absolute value",
  logistic: "the logistic function",
  linear: "nothing",
  plain: "tanh",
  tanh: "tanh",
  scaled: "1.7159 tanh(2/3 ·)",
  1997: "2 tanh(·/2)",
  softmax: "softmax with the other classes' sums",
};
const MAPS = ["input", "C1", "R1", "S1", "C2", "R2", "S2"];
const DRAWN = { input: 2, C1: 2, R1: 2, S1: 3, C2: 3, R2: 3, S2: 4 };

/** All that is on screen: the clip and how its box is moved; the strokes drawn on the crop; the window; the chosen unit;
 * and what came of it, of a whole clip or of the camera's last window. */
const state = {
  clips: [],
  clip: null,
  dy: 0,
  dx: 0,
  size: 1,
  strokes: null,
  mirror: false,
  flip: false,
  k: 0,
  depth: 0,
  unit: null,
  result: null,
  live: null,
  milliseconds: 0,
  cursor: [0, 0],
};

const tell = (text, ...more) => {
  one("said").replaceChildren(text, ...more);
  one("said").hidden = !text;
};

// ---- From the clip to the decision ---------------------------------------------------------------------------------

/** The box of a frame as it was moved. */
function boxOf(t) {
  const { top, left, height, width } = state.clip.boxes[t],
    { dy, dx, size } = state;
  return {
    top: top + dy - ((size - 1) * height) / 2,
    left: left + dx - ((size - 1) * width) / 2,
    height: height * size,
    width: width * size,
  };
}

/** The crops of the clip on screen, with what was drawn on them. */
function cropsOf(clip) {
  const frames = crops(
    clip.frames,
    clip.shape,
    clip.boxes.map((_, t) => boxOf(t)),
    PAGE.crop,
  );
  state.strokes?.forEach((stroke, n) => (frames[n] = Number.isNaN(stroke) ? frames[n] : stroke));
  return frames;
}

/** Normalise, and look at it all. */
function seen(frames, starts, { mirror, flip }) {
  const [rows, columns] = PAGE.crop,
    T = frames.length / rows / columns;
  return look(net, lstm, copied(normalise(frames, [T, rows, columns], PAGE.lcn), mirror, flip), starts);
}

let waiting = 0;

/** Compute everything anew, and show it. */
function compute() {
  clearTimeout(waiting);
  if (state.live) return; // the camera's next frame is computed anyway
  const began = performance.now(),
    { clip } = state;
  state.crops = cropsOf(clip);
  state.result = seen(state.crops, clip.starts, state);
  state.milliseconds = (performance.now() - began) / clip.shape[0];
  state.k = Math.min(state.k, clip.starts.length - 1);
  show();
  document.dispatchEvent(new Event("computed"));
}

/** Show the crop at once, and compute when the hand rests. */
function soon() {
  if (state.live) return;
  state.crops = cropsOf(state.clip);
  showFrame();
  clearTimeout(waiting);
  waiting = setTimeout(compute, 120);
}

function choose(clip) {
  Object.assign(state, { clip, dy: 0, dx: 0, size: 1, strokes: null, k: 0, live: null });
  one("window").max = clip.starts.length - 1;
  compute();
}
