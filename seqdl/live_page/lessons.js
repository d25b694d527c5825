// The lessons. Each is a section that a link opens; what it shows is made when it is opened, and when the clip changes.

// ---- Convolution through the table ---------------------------------------------------------------------------------

const convolution = { n: 0, key: "" };

/** The unit of C2 that the lesson adds up, and its terms. */
function target() {
  if (state.unit?.layer !== "C2") state.unit = middle("C2", 2 * net.p["C1.bias"].length);
  const { place } = state.unit,
    told = explained(net, state.result.maps, "C2", here(place)),
    key = place.join();
  if (key !== convolution.key) Object.assign(convolution, { n: 0, key });
  return { place, told };
}

function showConvolution() {
  const {
      place: [m, t, y, x],
      told,
    } = target(),
    { terms, bias, sum, how } = told,
    [R, S, Q] = net.kernels.C2;
  const sources = net.links.C2.map(([source, to], k) => [source, to, k]).filter(([, to]) => to === m);
  const select = element(
    "select",
    { "aria-label": "Target map of C2" },
    ...net.p["C2.bias"].reduce(
      (all, _, k) => [...all, element("option", { value: k, selected: k === m }, `map ${k + 1}`)],
      [],
    ),
  );
  select.addEventListener("change", () => {
    state.unit = middle("C2", +select.value);
    show();
    showConvolution();
    one("table-lesson").querySelector("select").focus();
  });
  const told2 = sources.map(([source, , k]) => `map ${source + 1} of S1 by kernel ${k + 1}`).join(", and ");
  one("table-lesson").replaceChildren(
    element("p", {}, "Target: ", select, ` of C2, row ${y + 1}, column ${x + 1}, which reads ${told2}.`),
  );
  const { n } = convolution,
    running = terms.slice(0, n).reduce((total, one) => total + one.weight * one.value, bias);
  const done = n === terms.length,
    last = terms[n - 1];
  one("running").textContent =
    (last ? `+ ${number(last.weight)} × ${number(last.value)}: ` : "the bias alone: ") +
    `z = ${number(running)} after ${n} of ${terms.length} products` +
    (done ? `. ${WAYS[how]} makes ${number(finished(sum, how))} of it: C2[${m + 1}] in the picture below.` : "");
  const now = Math.min(n, terms.length) - 1,
    current = Math.max(now, 0),
    block = Math.floor(current / (S * Q));
  const grid = (title, value) => {
    const rows = Array.from({ length: S }, (_, s) =>
      element(
        "tr",
        {},
        ...Array.from({ length: Q }, (_, q) => {
          const k = block * S * Q + s * Q + q,
            cell = element(
              "td",
              k === now ? { class: "now" } : {},
              k < n || value !== "product"
                ? number(value === "product" ? terms[k].weight * terms[k].value : terms[k][value])
                : "·",
            );
          return cell;
        }),
      ),
    );
    return element(
      "div",
      { class: "wide", tabindex: 0, role: "region", "aria-label": title },
      element("table", {}, element("caption", {}, title), element("tbody", {}, ...rows)),
    );
  };
  const [source, frame] = terms[block * S * Q].place,
    tap = terms[block * S * Q].tap[0];
  one("slices").replaceChildren(
    grid(`a: S1 map ${source + 1}, frame ${frame - start() + 1}`, "value"),
    grid(`w: kernel ${terms[block * S * Q].link + 1}, its frame ${tap + 1} of ${R}`, "weight"),
    grid("w a", "product"),
  );
}

function advance(to) {
  const { told } = target();
  convolution.n = Math.min(to(convolution.n, told.terms.length), told.terms.length);
  showConvolution();
}

// ---- Rectification -------------------------------------------------------------------------------------------------

/** The same clip with R1 and R2 as they are switched, whatever they are now. */
function withOff(names) {
  const before = net.off;
  net.off = new Set([...before].filter((name) => name.includes(" ")).concat(names));
  const result = seen(state.crops, state.clip.starts, state);
  net.off = before;
  return result;
}

function showRectification() {
  const off = ["R1", "R2"].filter((name) => one(`without-${name}`).checked),
    shown = off.length ? off : ["R1", "R2"];
  const both = [withOff([]), withOff(shown)],
    map = state.unit?.layer?.[1] === "1" ? state.unit.place[0] : 0;
  const figures = both.flatMap(({ maps }, k) =>
    ["R1", "S1"].map((layer) => {
      const canvas = element("canvas", {
        role: "img",
        "aria-label": `${layer}, map ${map + 1}, ${k ? "without" : "with"} rectification`,
      });
      const { shape, v } = maps[layer],
        [, , Y, X] = shape;
      paint(canvas, X, Y, layer === "R1" ? 4 : 8, (x, y) =>
        colour(v[at(shape, map, start() + shownFrame(layer), y, x)]),
      );
      return element(
        "figure",
        {},
        element("figcaption", {}, `${layer}, map ${map + 1}, ${k ? `without ${shown.join(" and ")}` : "with R"}`),
        canvas,
      );
    }),
  );
  one("rectified").replaceChildren(...figures);
  const size = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const averaged = ({ maps }) =>
    size(
      subsampled(
        maps.R1,
        new Float32Array(maps.R1.shape[0]).fill(1),
        new Float32Array(maps.R1.shape[0]),
        net.config.pool,
        "mean",
      ).v,
    );
  const rows = [
    ["size of R1's units", ...both.map(({ maps }) => number(size(maps.R1.v)))],
    ["size of their averages over windows", ...both.map((result) => number(averaged(result)))],
    ["size of C3's values", ...both.map(({ maps }) => number(size(maps.C3.v)))],
    [
      "decision",
      ...both.map(({ decision, totals }) => `${PAGE.classes[decision]} (${number(totals.at(-1)[decision])})`),
    ],
  ];
  one("rectified-table").replaceChildren(
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        ...["of the clip", "with R", `without ${shown.join(" and ")}`].map((head) =>
          element("th", { scope: "col" }, head),
        ),
      ),
    ),
    element(
      "tbody",
      {},
      ...rows.map(([head, ...cells]) =>
        element("tr", {}, element("th", { scope: "row" }, head), ...cells.map((cell) => element("td", {}, cell))),
      ),
    ),
  );
}

function switchRectification() {
  for (const name of ["R1", "R2"]) net.off[one(`without-${name}`).checked ? "add" : "delete"](name);
  soon();
}

// ---- The carousel --------------------------------------------------------------------------------------------------

/** Of an error at the last of the steps, what arrives at each, back to the first: products of the factors of the steps
 * between. The plain unit h' = tanh(u h + x) reads what the cell's input does. */
function arriving(trace, cell, f, u) {
  const w = lstm.weights.w,
    N = lstm.mean.length,
    row = (2 * lstm.cells + cell) * N,
    b = lstm.weights.b[2 * lstm.cells + cell];
  let h = 0;
  const plain = trace.map(({ x }) => {
    h = Math.tanh(u * h + x.reduce((sum, value, n) => sum + w[row + n] * value, b));
    return u * (1 - h * h);
  });
  const back = (factors) => {
    const left = Array(trace.length).fill(1);
    for (let t = trace.length - 2; t >= 0; t--) left[t] = left[t + 1] * factors(t + 1);
    return left;
  };
  return { carousel: back((t) => trace[t].f[cell]), forgetting: back(() => f), plain: back((t) => Math.abs(plain[t])) };
}

function showCarousel() {
  const f = +one("forget").value,
    u = +one("recurrent").value,
    cell = clamp(+one("cell").value, lstm.cells),
    { trace } = state.result;
  one("forget-value").textContent = f.toFixed(2);
  one("recurrent-value").textContent = u.toFixed(2);
  const { carousel, forgetting, plain } = arriving(trace, cell, f, u),
    [a, b, c] = inks();
  const own = lstm.config.forget_gate ? "this network's carousel, with its own forget gate" : "this network's carousel";
  lines(
    one("flowing"),
    [
      { values: carousel, ink: a },
      { values: forgetting, ink: b, dash: DASHES[1] },
      { values: plain, ink: c, dash: DASHES[2] },
    ],
    { low: -8, high: 2, log: true },
  );
  one("flowing-caption").textContent =
    `Solid: ${own}; dashed: a forget gate of ${f.toFixed(2)}; dotted: the plain unit. Left is the first step, right the last, where all are 1.`;
  const steps = [1, 5, 10, 20, 40].filter((back) => back < trace.length),
    old = (values, back) => number(values[trace.length - 1 - back]);
  one("flowing-table").replaceChildren(
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "steps back"),
        ...steps.map((back) => element("th", { scope: "col" }, String(back))),
      ),
    ),
    element(
      "tbody",
      {},
      ...[
        ["carousel", carousel],
        ["forget gate", forgetting],
        ["plain unit", plain],
      ].map(([head, values]) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, head),
          ...steps.map((back) => element("td", {}, old(values, back))),
        ),
      ),
    ),
  );
  const label = +one("true-class").value,
    { flow, L } = lstm.lossAndGradient(state.result.features, alone(label, lstm.config.loss));
  const high = Math.max(1e-12, ...flow.flatMap((dc) => [...dc].map(Math.abs)));
  const canvas = element("canvas", { role: "img", "aria-label": "Error in the carousels" }),
    shown = one("errors").clientWidth || 320;
  paint(canvas, trace.length, lstm.cells, Math.max(1, Math.min(4, Math.floor(shown / trace.length))), (t, k) =>
    colour(flow[t][k] / high),
  );
  one("errors").replaceChildren(
    element(
      "figure",
      {},
      canvas,
      element("figcaption", {}, `Loss ${number(L)}; full colour is an error of ${high.toExponential(1)}.`),
    ),
  );
}

// ---- Copies --------------------------------------------------------------------------------------------------------

function showCopies() {
  const ways = [
    ["as it is", false, false],
    ["mirrored", true, false],
    ["flipped", false, true],
    ["both", true, true],
  ];
  const straight = seen(state.crops, state.clip.starts, { mirror: false, flip: false });
  one("four").replaceChildren(
    ...ways.map(([name, mirror, flip]) => {
      const { maps, features, totals, decision } =
        mirror || flip ? seen(state.crops, state.clip.starts, { mirror, flip }) : straight;
      const { shape, v } = maps.input,
        [, , Y, X] = shape,
        canvas = element("canvas", { role: "img", "aria-label": `The input ${name}` });
      paint(canvas, X, Y, 4, (x, y) => colour(v[at(shape, 0, start() + (net.config.frames >> 1), y, x)] / 3));
      const apart = Math.max(
        ...features.flatMap((one, t) => [...one].map((value, n) => Math.abs(value - straight.features[t][n]))),
      );
      const said = `${PAGE.classes[decision]} (${number(totals.at(-1)[decision])})`;
      return element(
        "figure",
        {},
        element("figcaption", {}, `${name}: ${said}; features differ by up to ${number(apart)}`),
        canvas,
      );
    }),
  );
}

// ---- Opening -------------------------------------------------------------------------------------------------------

const SHOWN = {
  convolution: showConvolution,
  rectification: showRectification,
  carousel: showCarousel,
  learning: () => {
    showPad();
    showExamples();
    showLosses();
  },
  copies: showCopies,
};

/** Show the lesson of the page's address, if it names one. */
function opened() {
  const name = location.hash.slice(1);
  for (const link of document.querySelectorAll(".lessons a"))
    link.hash === location.hash ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  if (name in SHOWN && state.result && !state.live) SHOWN[name]();
}

function lessons() {
  const on = (id, event, work) => one(id).addEventListener(event, work);
  addEventListener("hashchange", () => {
    opened();
    document.querySelector(".lesson:target")?.focus();
  });
  document.addEventListener("computed", opened);
  dark.addEventListener("change", opened);
  const [, S, Q] = net.kernels.C2;
  on("product", "click", () => advance((n) => n + 1));
  on("slice", "click", () => advance((n) => (Math.floor(n / (S * Q)) + 1) * S * Q));
  on("all-products", "click", () => advance((_, all) => all));
  on("restart", "click", () => advance(() => 0));
  for (const name of ["R1", "R2"]) on(`without-${name}`, "change", switchRectification);
  for (const id of ["forget", "recurrent", "cell"]) on(id, "input", showCarousel);
  one("cell").max = lstm.cells - 1;
  one("true-class").append(...PAGE.classes.map((name, k) => element("option", { value: k }, name)));
  on("true-class", "change", showCarousel);
  on(
    "take",
    "click",
    () => state.live || remember(state.result.features, one("class-name").value.trim() || "unnamed", state.clip.name),
  );
  on("record", "click", record);
  on("demonstrate", "click", demonstrate);
  on("train", "click", train);
  on("forget-all", "click", () => {
    stopTraining();
    Object.assign(learning, { lstm: null, velocity: null, losses: [], means: [] });
    showExamples();
    showLosses();
  });
  on("pad", "pointermove", (event) => {
    const [x, y] = inside(one("pad"), event);
    moveBar(Math.round(y), Math.round(x));
  });
  on("pad", "keydown", (event) => {
    const moves = { ArrowLeft: [0, -3], ArrowRight: [0, 3], ArrowUp: [-3, 0], ArrowDown: [3, 0] }[event.key];
    if (!moves) return;
    event.preventDefault();
    moveBar(learning.bar[0] + moves[0], learning.bar[1] + moves[1]);
  });
  opened();
}

const ready = begin();
ready.catch((error) =>
  tell(`This page cannot compute here (${error.message}): open it in a browser of 2023 or later.`),
);
