// Every layer as a picture in which a unit can be chosen.

/** A picture of which one tile, row and column can be chosen by pointer or by keys. */
class Picture {
  constructor(parent, name, label, chosen) {
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-label": `${label}: arrow keys choose a unit`,
    });
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
    if (matchMedia("(max-width: 63.99rem)").matches)
      document.querySelector("aside").scrollTop = one("unit-title").offsetTop;
  }
}

/** The pixel of a canvas under the pointer. */
function inside(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * canvas.width,
    ((event.clientY - box.top) / box.height) * canvas.height,
  ];
}

const pictures = {};

function arrange() {
  const parent = one("maps");
  const add = (name, label, chosen) => (pictures[name] = new Picture(parent, name, label, chosen));
  for (const name of MAPS)
    add(
      name,
      { input: "Normalised input, the window's frames" }[name] ?? `${name}: ${net.p[`C${name[1]}.bias`].length} maps`,
      (k, y, x) => {
        state.unit =
          name === "input" ? { layer: name, place: [0, k, y, x] } : { layer: name, place: [k, shownFrame(name), y, x] };
        show();
      },
    );
  add("table", "The table: S1 (rows) feeds C2 (columns)", (_, source, target) => {
    state.unit = middle("C2", target);
    show();
  });
  parent.insertBefore(pictures.table.canvas.parentElement, pictures.C2.canvas.parentElement);
  add("C3", `${lstm.mean.length} values of C3 (rows), over the windows (columns)`, (_, value, step) => {
    const { C3 } = state.result.maps,
      [M, T, Y, X] = C3.shape,
      inWindow = lstm.mean.length / (M * Y * X);
    const m = Math.floor(value / (inWindow * Y * X)),
      rest = value % (inWindow * Y * X);
    state.k = state.live ? state.k : Math.min(step, state.clip.starts.length - 1);
    state.unit = { layer: "C3", place: [m, Math.floor(rest / (Y * X)), Math.floor((rest % (Y * X)) / X), rest % X] };
    show();
  });
  const gates = element("div", { class: "row" });
  parent.append(gates);
  for (const gate of GATES)
    pictures[gate] = new Picture(
      gates,
      gate,
      `${NAMES[gate]}: ${lstm.cells} cells, over the steps`,
      (_, cell, step) => {
        state.unit = { gate, cell, step };
        show();
      },
    );
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
  const { result, unit } = state,
    { maps } = result;
  state.width = one("maps").clientWidth || 320;
  showFrame();
  const marks = marked();
  for (const name of MAPS) {
    const { shape, v } = maps[name],
      [M, , Y, X] = shape,
      first = start(),
      frame = shownFrame(name);
    const { width } = state,
      count = name === "input" ? net.config.frames : M;
    const tiles = new Tiles(count, Y, X, DRAWN[name], width),
      picture = pictures[name];
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
    if (name !== "input")
      picture.caption.textContent = `${name}: ${M} maps of ${Y} × ${X}, frame ${frame + 1} of the window's ${framesOf(name)}`;
  }
  showTable(marks);
  showOverTime("C3", lstm.mean.length, (k, t) => result.features[t][k], reach("C3"));
  for (const gate of GATES) {
    const high =
      gate === "c"
        ? Math.max(1, ...result.trace.slice(-60).flatMap((one) => [...one.c].map(Math.abs)))
        : gate === "g"
          ? CELL[lstm.config.squash][0]
          : 1;
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
  const [T, H, W] = clip.shape,
    t = live ? T - 1 : Math.min(start() + (net.config.frames >> 1), T - 1),
    size = H * W;
  const scale = Math.max(1, Math.floor(Math.min(300, one("frame").parentElement.parentElement.clientWidth) / W));
  const context = paint(one("frame"), W, H, scale, (x, y) => grey(clip.frames[t * size + y * W + x] / 255));
  const { top, left, height, width } = boxOf(t);
  framed(
    context,
    Math.round(left) + 1,
    Math.round(top) + 1,
    Math.round(left + width) - 2,
    Math.round(top + height) - 2,
    "#ff9d2e",
  );
  const [rows, columns] = PAGE.crop,
    drawn = paint(one("crop"), columns, rows, 4, (x, y) => grey(state.crops[(t * rows + y) * columns + x]));
  const [y, x] = state.cursor;
  if (document.activeElement === one("crop")) framed(drawn, x, y, x, y, "#ff9d2e");
  const field = fieldOfUnit(),
    border = PAGE.lcn.size >> 1;
  if (!field) return;
  const down = [field[2], field[3]].map((y) => (state.flip ? rows - 1 - border - y : y + border)).sort((a, b) => a - b);
  const across = [field[4], field[5]]
    .map((x) => (state.mirror ? columns - 1 - border - x : x + border))
    .sort((a, b) => a - b);
  framed(drawn, across[0], down[0], across[1], down[1], "#ff9d2e");
}

/** Where the chosen unit looks in the input: frames of the window, rows, columns. */
function fieldOfUnit() {
  const { unit } = state;
  return unit?.layer ? receptiveField(net, unit.layer, unit.place.slice(1)) : null;
}

/** What is framed in each picture: the chosen unit, what it reads in the layer below, where it looks in the input. */
function marked() {
  const { unit } = state,
    marks = {};
  if (!unit?.layer) return marks;
  const [m, t, y, x] = unit.place,
    field = fieldOfUnit();
  marks.input = [];
  for (let frame = field[0]; frame <= field[1]; frame++)
    marks.input.push([frame, field[2], field[3], field[4], field[5]]);
  if (unit.layer !== "input" && unit.layer !== "C3" && t === shownFrame(unit.layer))
    marks[unit.layer] = [[m, y, y, x, x]];
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
  const links = net.links.C2,
    n = net.p["C1.bias"].length,
    M = net.p["C2.bias"].length;
  const there = new Set(links.map(([source, target]) => `${source} ${target}`)),
    chosen = state.unit?.layer === "C2" ? state.unit.place[0] : -1;
  const tiles = new Tiles(1, n, M, 9, state.width);
  const context = tiles.draw(pictures.table.canvas, (_, y, x) =>
    colour(there.has(`${y} ${x}`) ? (x === chosen ? 1 : -0.7) : x === chosen ? 0.15 : 0.04),
  );
  pictures.table.tiles = tiles;
  const [y, x] = pictures.table.spot.slice(1),
    [px, py] = tiles.place(0);
  if (document.activeElement === pictures.table.canvas) framed(context, px + x, py + y, px + x, py + y);
  const sources = links.filter(([, target]) => target === chosen).map(([source]) => source + 1);
  pictures.table.caption.textContent =
    chosen < 0
      ? "The table: S1 (rows) feeds C2 (columns)"
      : `The table: map ${chosen + 1} of C2 reads map ${sources.join(" and ")} of S1`;
}

/** Values (rows) over the steps (columns); those after the step on screen are faint. */
function showOverTime(name, count, value, high) {
  const steps = state.result.trace.length,
    shown = Math.min(steps, 300),
    first = steps - shown,
    picture = pictures[name];
  const { width } = state,
    scale = Math.max(1, Math.min(name === "y" ? 8 : count > 80 ? 2 : 4, Math.floor(width / (shown + 2))));
  const tiles = new Tiles(1, count, shown, scale, width);
  tiles.across = 1;
  tiles.width = shown + 2;
  const context = tiles.draw(picture.canvas, (_, k, t) =>
    colour((value(k, first + t) / high) * (first + t <= step() ? 1 : 0.25)),
  );
  picture.tiles = tiles;
  picture.canvas.style.width = `${Math.min(width, Math.max(tiles.width * scale, 200))}px`; // a few steps are drawn wide
  picture.canvas.style.height = `${tiles.height * scale}px`;
  const [px, py] = tiles.place(0),
    { unit } = state;
  framed(context, px + step() - first, py, px + step() - first, py + count - 1);
  if (unit?.gate === name && unit.step >= first)
    framed(context, px + unit.step - first, py + unit.cell, px + unit.step - first, py + unit.cell);
}
