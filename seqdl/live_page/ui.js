// The page: what is on screen, what it is computed from, and the unit that is looked at.

const PAGE = JSON.parse(one("data").textContent);
const net = new ConvNet({ ...PAGE.convnet, theta: decoded(PAGE.convnet.theta) });
const lstm = new LSTM({
  ...PAGE.lstm,
  theta: decoded(PAGE.lstm.theta),
  mean: decoded(PAGE.lstm.mean),
  deviation: decoded(PAGE.lstm.deviation),
});
const GATES = ["i", "o", "g", ...(lstm.config.forget_gate ? ["f"] : []), "c", "h"];
const NAMES = { i: "input gate i", o: "output gate o", g: "cell input g", f: "forget gate f", c: "carousel c", h: "output h" };
const WAYS = {
  abs: "the absolute value", logistic: "the logistic function", linear: "nothing", plain: "tanh", tanh: "tanh",
  scaled: "1.7159 tanh(2/3 ·)", 1997: "2 tanh(·/2)", softmax: "softmax with the other classes' sums",
};
const MAPS = ["input", "C1", "R1", "S1", "C2", "R2", "S2"];
const DRAWN = { input: 2, C1: 2, R1: 2, S1: 3, C2: 3, R2: 3, S2: 4 };

/** All that is on screen: the clip and how its box is moved; the strokes drawn on the crop; the window; the chosen unit;
 * and what came of it, of a whole clip or of the camera's last window. */
const state = {
  clips: [], clip: null, dy: 0, dx: 0, size: 1, strokes: null, mirror: false, flip: false, k: 0, depth: 0, unit: null,
  result: null, live: null, milliseconds: 0, cursor: [0, 0],
};

const tell = (text, ...more) => {
  one("said").replaceChildren(text, ...more);
  one("said").hidden = !text;
};

// ---- From the clip to the decision ---------------------------------------------------------------------------------

/** The box of a frame as it was moved. */
function boxOf(t) {
  const { top, left, height, width } = state.clip.boxes[t], { dy, dx, size } = state;
  return {
    top: top + dy - ((size - 1) * height) / 2, left: left + dx - ((size - 1) * width) / 2,
    height: height * size, width: width * size,
  };
}

/** The crops of the clip on screen, with what was drawn on them. */
function cropsOf(clip) {
  const frames = crops(clip.frames, clip.shape, clip.boxes.map((_, t) => boxOf(t)), PAGE.crop);
  state.strokes?.forEach((stroke, n) => (frames[n] = Number.isNaN(stroke) ? frames[n] : stroke));
  return frames;
}

/** Normalise, and look at it all. */
function seen(frames, starts, { mirror, flip }) {
  const [rows, columns] = PAGE.crop, T = frames.length / rows / columns;
  return look(net, lstm, copied(normalise(frames, [T, rows, columns], PAGE.lcn), mirror, flip), starts);
}

let waiting = 0;

/** Compute everything anew, and show it. */
function compute() {
  clearTimeout(waiting);
  if (state.live) return; // the camera's next frame is computed anyway
  const began = performance.now(), { clip } = state;
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

// ---- Pictures ------------------------------------------------------------------------------------------------------

/** A picture of which one tile, row and column can be chosen by pointer or by keys. */
class Picture {
  constructor(parent, name, label, chosen) {
    this.canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": `${label}: arrow keys choose a unit` });
    this.caption = element("figcaption", {}, label);
    parent.append(element("figure", {}, this.caption, this.canvas));
    Object.assign(this, { name, chosen, spot: [0, 0, 0] });
    this.canvas.addEventListener("click", (event) => {
      const where = this.tiles.found(...inside(this.canvas, event));
      if (where) this.choose(where);
    });
    this.canvas.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!moves || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const { count, Y, X } = this.tiles;
      let [k, y, x] = [this.spot[0], this.spot[1] + moves[0], this.spot[2] + moves[1]];
      if (x < 0 || x >= X) [k, x] = [k + moves[1], x < 0 ? X - 1 : 0]; // on to the next tile
      if (k >= 0 && k < count) this.choose([k, clamp(y, Y), x]);
    });
  }

  choose(where) {
    this.spot = where;
    this.chosen(...where);
    if (matchMedia("(max-width: 63.99rem)").matches) document.querySelector("aside").scrollTop = one("unit-title").offsetTop;
  }
}

/** The pixel of a canvas under the pointer. */
function inside(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
}

const pictures = {};

function arrange() {
  const parent = one("maps");
  const add = (name, label, chosen) => (pictures[name] = new Picture(parent, name, label, chosen));
  for (const name of MAPS)
    add(name, { input: "Normalised input, the window's frames" }[name] ?? `${name}: ${net.p[`C${name[1]}.bias`].length} maps`, (k, y, x) => {
      state.unit = name === "input" ? { layer: name, place: [0, k, y, x] } : { layer: name, place: [k, shownFrame(name), y, x] };
      show();
    });
  add("table", "The table: S1 (rows) feeds C2 (columns)", (_, source, target) => {
    state.unit = middle("C2", target);
    show();
  });
  parent.insertBefore(pictures.table.canvas.parentElement, pictures.C2.canvas.parentElement);
  add("C3", `${lstm.mean.length} values of C3 (rows), over the windows (columns)`, (_, value, step) => {
    const { C3 } = state.result.maps, [M, T, Y, X] = C3.shape, inWindow = lstm.mean.length / (M * Y * X);
    const m = Math.floor(value / (inWindow * Y * X)), rest = value % (inWindow * Y * X);
    state.k = state.live ? state.k : Math.min(step, state.clip.starts.length - 1);
    state.unit = { layer: "C3", place: [m, Math.floor(rest / (Y * X)), Math.floor((rest % (Y * X)) / X), rest % X] };
    show();
  });
  const gates = element("div", { class: "row" });
  parent.append(gates);
  for (const gate of GATES)
    pictures[gate] = new Picture(gates, gate, `${NAMES[gate]}: ${lstm.cells} cells, over the steps`, (_, cell, step) => {
      state.unit = { gate, cell, step };
      show();
    });
  add("y", `LSTM's outputs: ${PAGE.classes.join(", ")}, over the steps`, (_, cell, step) => {
    state.unit = { gate: "y", cell, step };
    show();
  });
}

/** A unit in the middle of a map. */
function middle(layer, m) {
  const [, , Y, X] = state.result.maps[layer].shape;
  return { layer, place: [m, shownFrame(layer), Y >> 1, X >> 1] };
}

/** How many frames of a layer a window has, and which of them is shown. */
const framesOf = (layer) => net.config.frames - (state.result.maps.input.shape[1] - state.result.maps[layer].shape[1]);
const shownFrame = (layer) => Math.round(state.depth * (framesOf(layer) - 1));
const start = () => (state.live ? 0 : state.clip.starts[state.k]);
const step = () => (state.live ? state.result.trace.length - 1 : state.k);

function show() {
  const { result, unit } = state, { maps } = result;
  state.width = one("maps").clientWidth || 320;
  showFrame();
  const marks = marked();
  for (const name of MAPS) {
    const { shape, v } = maps[name], [M, , Y, X] = shape, first = start(), frame = shownFrame(name);
    const { width } = state, count = name === "input" ? net.config.frames : M;
    const tiles = new Tiles(count, Y, X, DRAWN[name], width), picture = pictures[name];
    const high = name === "input" ? 3 : reach(name);
    const context = tiles.draw(picture.canvas, (k, y, x) => {
      const place = name === "input" ? at(shape, 0, first + k, y, x) : at(shape, k, first + frame, y, x);
      return colour(v[place] / high);
    });
    picture.tiles = tiles;
    for (const [k, y, y2, x, x2] of marks[name] ?? []) {
      const [px, py] = tiles.place(k);
      framed(context, px + x, py + y, px + x2, py + y2);
    }
    if (name !== "input") picture.caption.textContent = `${name}: ${M} maps of ${Y} × ${X}, frame ${frame + 1} of the window's ${framesOf(name)}`;
  }
  showTable(marks);
  showOverTime("C3", lstm.mean.length, (k, t) => result.features[t][k], reach("C3"));
  for (const gate of GATES) {
    const high = gate === "c" ? Math.max(1, ...result.trace.slice(-60).flatMap((one) => [...one.c].map(Math.abs))) : gate === "g" ? CELL[lstm.config.squash][0] : 1;
    showOverTime(gate, lstm.cells, (k, t) => result.trace[t][gate][k], high);
    if (gate === "c") pictures.c.caption.textContent = `${NAMES.c}; full colour is ${high.toFixed(1)}`;
  }
  showOverTime("y", PAGE.classes.length, (k, t) => result.trace[t].y[k], 1);
  showDecision();
  if (unit) unit.gate ? showCell(unit) : showUnit(unit);
}

/** The largest size that a layer's squashing allows, or 1. */
const reach = (name) => (name[0] === "R" || (net.squash[name] ?? net.squash[name[0]]) !== "scaled" ? 1 : 1.7159);

function showFrame() {
  const { clip, live } = state;
  if (!clip && !live) return;
  const [T, H, W] = clip.shape, t = live ? T - 1 : Math.min(start() + (net.config.frames >> 1), T - 1), size = H * W;
  const scale = Math.max(1, Math.floor(Math.min(300, one("frame").parentElement.parentElement.clientWidth) / W));
  const context = paint(one("frame"), W, H, scale, (x, y) => grey(clip.frames[t * size + y * W + x] / 255));
  const { top, left, height, width } = boxOf(t);
  framed(context, Math.round(left) + 1, Math.round(top) + 1, Math.round(left + width) - 2, Math.round(top + height) - 2, "#ff9d2e");
  const [rows, columns] = PAGE.crop, drawn = paint(one("crop"), columns, rows, 4, (x, y) => grey(state.crops[(t * rows + y) * columns + x]));
  const [y, x] = state.cursor;
  if (document.activeElement === one("crop")) framed(drawn, x, y, x, y, "#ff9d2e");
  const field = fieldOfUnit();
  const border = PAGE.lcn.size >> 1;
  if (field && !state.mirror && !state.flip) framed(drawn, field[4] + border, field[2] + border, field[5] + border, field[3] + border, "#ff9d2e");
}

/** Where the chosen unit looks in the input: frames of the window, rows, columns. */
function fieldOfUnit() {
  const { unit } = state;
  return unit?.layer ? receptiveField(net, unit.layer, unit.place.slice(1)) : null;
}

/** What is framed in each picture: the chosen unit, what it reads in the layer below, where it looks in the input. */
function marked() {
  const { unit } = state, marks = {};
  if (!unit?.layer) return marks;
  const [m, t, y, x] = unit.place, field = fieldOfUnit();
  marks.input = [];
  for (let frame = field[0]; frame <= field[1]; frame++) marks.input.push([frame, field[2], field[3], field[4], field[5]]);
  if (unit.layer !== "input" && unit.layer !== "C3" && t === shownFrame(unit.layer)) marks[unit.layer] = [[m, y, y, x, x]];
  const { terms, below } = explained(net, state.result.maps, unit.layer, here(unit.place));
  if (below && below !== "input") {
    marks[below] = [];
    for (const map of new Set(terms.map(({ place }) => place[0]))) {
      const rows = terms.filter(({ place }) => place[0] === map).map(({ place }) => place);
      const ends = (k) => [Math.min(...rows.map((place) => place[k])), Math.max(...rows.map((place) => place[k]))];
      marks[below].push([map, ...ends(2), ...ends(3)]);
    }
  }
  return marks;
}

/** A unit of the window as one of the whole sequence's maps. */
const here = ([m, t, y, x]) => [m, t + start(), y, x];

function showTable(marks) {
  const links = net.links.C2, n = net.p["C1.bias"].length, M = net.p["C2.bias"].length;
  const there = new Set(links.map(([source, target]) => `${source} ${target}`)), chosen = state.unit?.layer === "C2" ? state.unit.place[0] : -1;
  const tiles = new Tiles(1, n, M, 9, state.width);
  const context = tiles.draw(pictures.table.canvas, (_, y, x) => colour(there.has(`${y} ${x}`) ? (x === chosen ? 1 : -0.7) : x === chosen ? 0.15 : 0.04));
  pictures.table.tiles = tiles;
  const [y, x] = pictures.table.spot.slice(1), [px, py] = tiles.place(0);
  if (document.activeElement === pictures.table.canvas) framed(context, px + x, py + y, px + x, py + y);
  const sources = links.filter(([, target]) => target === chosen).map(([source]) => source + 1);
  pictures.table.caption.textContent = chosen < 0 ? "The table: S1 (rows) feeds C2 (columns)" : `The table: map ${chosen + 1} of C2 reads map ${sources.join(" and ")} of S1`;
}

/** Values (rows) over the steps (columns); those after the step on screen are faint. */
function showOverTime(name, count, value, high) {
  const steps = state.result.trace.length, shown = Math.min(steps, 300), first = steps - shown, picture = pictures[name];
  const { width } = state, scale = Math.max(1, Math.min(name === "y" ? 8 : count > 80 ? 2 : 4, Math.floor(width / (shown + 2))));
  const tiles = new Tiles(1, count, shown, scale, width);
  tiles.across = 1;
  tiles.width = shown + 2;
  const context = tiles.draw(picture.canvas, (_, k, t) => colour((value(k, first + t) / high) * (first + t <= step() ? 1 : 0.25)));
  picture.tiles = tiles;
  picture.canvas.style.width = `${Math.min(width, Math.max(tiles.width * scale, 200))}px`; // a few steps are drawn wide
  picture.canvas.style.height = `${tiles.height * scale}px`;
  const [px, py] = tiles.place(0), { unit } = state;
  framed(context, px + step() - first, py, px + step() - first, py + count - 1);
  if (unit?.gate === name && unit.step >= first) framed(context, px + unit.step - first, py + unit.cell, px + unit.step - first, py + unit.cell);
}

// ---- In words and numbers ------------------------------------------------------------------------------------------

function showDecision() {
  const { result } = state, { classes } = PAGE, total = result.totals[step()], best = largest(total);
  const voted = vote(result.said.slice(0, step() + 1));
  one("decision").textContent = `${classes[best]} (${lstm.config.decision === "last" ? "this step" : "mean over the steps so far"}: ${number(total[best])})`;
  const heads = ["class", "this step", "so far", ...(PAGE.votes ? ["votes"] : [])];
  const rows = classes.map((name, k) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...[result.trace[step()].y[k], total[k], ...(PAGE.votes ? [voted.votes[k]] : [])].map((value) => element("td", {}, number(value)))),
  );
  one("outputs").replaceChildren(element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))), element("tbody", {}, ...rows));
  const count = state.live ? result.trace.length : state.clip.starts.length;
  one("now").textContent = `${step() + 1} of ${count}`;
  one("window").value = state.k;
  one("speed").textContent = `${state.milliseconds.toFixed(1)} ms a frame`;
}

/** "z = b + Σ w a = ..., and tanh of it ..." */
function sentence(name, { terms, bias, sum, value, how }) {
  const total = terms.reduce((part, term) => part + term.weight * term.value, 0);
  const made = how === "linear" ? "" : `; ${WAYS[how] ?? how} makes ${number(value)} of it`;
  return `${name} = ${number(bias)} + Σ w a = ${number(bias)} + ${number(total)} = ${number(sum)}${made}`;
}

function showUnit({ layer, place }) {
  const [m, t, y, x] = place, told = explained(net, state.result.maps, layer, here(place));
  one("unit-title").textContent = `${layer}[${m + 1}], frame ${t + 1}, row ${y + 1}, column ${x + 1}`;
  one("unit-sum").textContent = layer === "input" ? `${number(told.value)}: ${told.how}` : sentence(layer[0] === "S" ? "u" : "z", told);
  const field = fieldOfUnit(), range = (k, what) => `${what} ${field[k] + 1} to ${field[k + 1] + 1}`;
  one("unit-field").textContent = `It looks at ${range(0, "frames")}, ${range(2, "rows")}, ${range(4, "columns")} of the input.`;
  const text = [];
  let before = "";
  for (const { weight, value, place: [i, r, s, q], link, tap } of told.terms) {
    const head = link === undefined ? "" : `\nkernel ${link + 1}, ${told.below} map ${i + 1}, frame ${r - start() + 1}:\n`;
    if (head !== before) text.push((before = head));
    text.push(`${tap ? `[${tap}]` : `[${s + 1},${q + 1}]`} ${number(weight).padStart(8)} × ${number(value).padStart(8)} = ${number(weight * value).padStart(8)}\n`);
  }
  one("unit-terms").textContent = text.join("").trimStart();
}

function showCell({ gate, cell, step: when }) {
  const told = explainedCell(lstm, state.result.trace[when], gate, cell);
  one("unit-title").textContent = `${gate === "y" ? `output ${PAGE.classes[cell]}` : `${NAMES[gate]} of cell ${cell + 1}`}, step ${when + 1}`;
  one("unit-sum").textContent = gate === "c" ? `c′ = f c + i g = ${number(told.sum)}` : gate === "h" ? `h′ = o H(c′) = ${number(told.sum)}` : sentence("a", told);
  one("unit-field").textContent = "";
  one("unit-terms").textContent = told.terms.map(({ weight, value, place }) => `${place.padEnd(8)} ${number(weight).padStart(8)} × ${number(value).padStart(8)} = ${number(weight * value).padStart(8)}`).join("\n");
}

// ---- Kernels -------------------------------------------------------------------------------------------------------

function showKernels() {
  const layer = one("kernel-layer").value, [R, S, Q] = net.kernels[layer], w = net.p[`${layer}.weight`], size = R * S * Q;
  const high = Math.max(...w.map(Math.abs));
  one("kernels").replaceChildren(
    ...net.links[layer].map(([source, target], k) => {
      const canvas = element("canvas", { "aria-hidden": "true" });
      new Tiles(R, S, Q, 3, R * (Q + 2) * 3).draw(canvas, (r, y, x) => colour(w[k * size + (r * S + y) * Q + x] / high));
      const name = `${layer} ${k}`, button = element("button", { type: "button", "aria-pressed": net.off.has(name) }, canvas, `${source + 1} → ${target + 1}`);
      button.setAttribute("aria-label", `${source + 1} → ${target + 1}: switch off the kernel between these maps`);
      button.setAttribute("aria-pressed", net.off.has(name));
      button.addEventListener("click", () => {
        net.off.has(name) ? net.off.delete(name) : net.off.add(name);
        button.setAttribute("aria-pressed", net.off.has(name));
        switched();
      });
      return button;
    }),
  );
}

function switched() {
  const off = [...net.off].filter((name) => name.includes(" ")).length;
  one("off-count").textContent = off ? `${off} switched off` : "";
  soon();
}

// ---- What a hand does ----------------------------------------------------------------------------------------------

/** A drag over a canvas: `move` is told the pixel, and how far it is from the last one. */
function dragged(canvas, move) {
  let last = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = inside(canvas, event);
    move(last, [0, 0]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = inside(canvas, event);
    move(now, [now[0] - last[0], now[1] - last[1]]);
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
}

/** Draw a spot on the crop, on all frames or on the one that is shown. */
function stroke([px, py]) {
  const [rows, columns] = PAGE.crop, T = state.clip.shape[0], size = rows * columns;
  state.strokes ??= new Float32Array(T * size).fill(NaN);
  const shown = start() + (net.config.frames >> 1), value = +one("brush").value;
  for (let y = Math.max(0, Math.floor(py) - 1); y <= Math.min(rows - 1, Math.floor(py) + 1); y++)
    for (let x = Math.max(0, Math.floor(px) - 1); x <= Math.min(columns - 1, Math.floor(px) + 1); x++)
      for (let t = 0; t < T; t++) if (one("everywhere").checked || t === shown) state.strokes[t * size + y * columns + x] = value;
  soon();
}

function moveBox(dx, dy, grow = 1) {
  state.dx += dx;
  state.dy += dy;
  state.size = Math.min(4, Math.max(0.25, state.size * grow));
  soon();
}

let playing = 0;
function play(wanted) {
  clearInterval(playing);
  playing = wanted ? setInterval(() => { state.k = (state.k + 1) % state.clip.starts.length; show(); }, 1000 / state.clip.rate) : 0;
  one("play").textContent = wanted ? "Pause" : "Play";
}

const camera = new Camera();
const recorded = [];

/** A frame of the camera: one step more. */
function taken(grey, shape) {
  const began = performance.now(), [H, W] = shape;
  recorded.push(grey);
  if (recorded.length > MOST_FRAMES) recorded.shift();
  const box = centred(shape, PAGE.crop);
  state.clip = { name: "camera", rate: RATE, shape: [1, H, W], frames: grey, boxes: [box], starts: [0] };
  state.crops = crops(grey, [1, H, W], [boxOf(0)], PAGE.crop);
  if (!state.live.push(state.crops, state)) return;
  const { maps, features, said, trace } = state.live;
  state.result = { maps, features, said, trace, totals: soFar(trace.map(({ y }) => [...y]), lstm.config.decision) };
  show();
  state.milliseconds = performance.now() - began;
}

async function toggleCamera() {
  play(false);
  if (camera.stream) {
    camera.stop();
    one("camera").textContent = "Camera";
    if (recorded.length < net.config.frames) return choose(state.clips[one("clip").value]);
    return added(clipOf("camera", recorded.splice(0), camera.grabber.shape, PAGE));
  }
  try {
    recorded.length = 0;
    Object.assign(state, { live: new Live(PAGE, net, lstm), dy: 0, dx: 0, size: 1, strokes: null });
    await camera.start(PAGE, taken);
    one("camera").textContent = "Stop the camera";
    tell("");
  } catch (error) {
    camera.stop();
    state.live = null;
    tell(`The camera cannot be used: ${error.message || error.name}. Allow it for this page, or open a file.`);
  }
}

/** One clip more to choose from, and chosen. */
function added(clip) {
  state.clips.push(clip);
  one("clip").append(element("option", { value: state.clips.length - 1 }, clip.name));
  one("clip").value = state.clips.length - 1;
  choose(clip);
}

async function openFile(file) {
  play(false);
  try {
    added(await fromFile(file, PAGE, tell));
    tell("The box is the centred one here, and contrast is evened over these frames: drag the box to the person.");
  } catch (error) {
    const short = error.message === "short";
    const why = short ? `${file.name} has fewer than ${net.config.frames} frames.` : `This browser cannot play ${file.name}. Convert it:`;
    const quoted = `'${file.name.replaceAll("'", "'\\''")}'`;
    tell(why, ...(short ? [] : [element("code", {}, `ffmpeg -i ${quoted} -c:v libx264 -pix_fmt yuv420p -an converted.mp4`)]));
  }
}

function listen() {
  const on = (id, event, work) => one(id).addEventListener(event, work);
  on("clip", "change", () => { play(false); if (camera.stream) toggleCamera(); choose(state.clips[one("clip").value]); });
  on("window", "input", () => { play(false); state.k = +one("window").value; show(); });
  on("depth", "input", () => { state.depth = one("depth").value / Math.max(1, one("depth").max); show(); });
  on("play", "click", () => { if (!state.live) play(!playing); });
  on("file", "change", () => one("file").files[0] && openFile(one("file").files[0]));
  on("camera", "click", toggleCamera);
  for (const id of ["mirror", "flip"]) on(id, "change", () => { state[id] = one(id).checked; soon(); });
  on("kernel-layer", "change", showKernels);
  on("all-on", "click", () => { net.off.clear(); for (const id of ["without-R1", "without-R2"]) one(id).checked = false; showKernels(); switched(); });
  on("clean", "click", () => { state.strokes = null; soon(); });
  on("back", "click", () => { Object.assign(state, { dy: 0, dx: 0, size: 1 }); soon(); });
  dragged(one("frame"), (_, [dx, dy]) => (dx || dy) && moveBox(dx, dy));
  dragged(one("crop"), (place) => stroke(place));
  on("frame", "keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], "+": [0, 0, 1.05], "-": [0, 0, 1 / 1.05] }[event.key];
    if (!moves) return;
    event.preventDefault();
    moveBox(...moves);
  });
  on("crop", "keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], " ": [0, 0] }[event.key];
    if (!moves) return;
    event.preventDefault();
    state.cursor = state.cursor.map((one, k) => clamp(one + moves[k], PAGE.crop[k]));
    event.key === " " ? stroke([state.cursor[1], state.cursor[0]]) : showFrame();
  });
  for (const change of ["focus", "blur"]) on("crop", change, () => state.result && showFrame());
  addEventListener("resize", () => state.result && show());
  dark.addEventListener("change", () => { show(); showKernels(); });
}

async function begin() {
  one("title").textContent = `${PAGE.title}: its networks at work`;
  one("depth").max = net.config.frames - net.kernels.C1[0];
  one("depth").value = one("depth").max / 2;
  state.depth = 0.5;
  arrange();
  listen();
  state.clips = await Promise.all(PAGE.clips.map(unpacked));
  state.clips.forEach(({ name }, k) => one("clip").append(element("option", { value: k }, name)));
  choose(state.clips[0]);
  state.unit = middle("C2", 2 * net.p["C1.bias"].length);
  state.k = state.clip.starts.length >> 1;
  show();
  showKernels();
  lessons();
}
