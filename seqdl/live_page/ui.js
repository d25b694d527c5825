// What a hand does: kernels, box, brush, clips, files, the camera; and the page's beginning.

// ---- Kernels -------------------------------------------------------------------------------------------------------

function showKernels() {
  const layer = one("kernel-layer").value,
    [R, S, Q] = net.kernels[layer],
    w = net.p[`${layer}.weight`],
    size = R * S * Q;
  const high = Math.max(...w.map(Math.abs));
  one("kernels").replaceChildren(
    ...net.links[layer].map(([source, target], k) => {
      const canvas = element("canvas", { "aria-hidden": "true" });
      new Tiles(R, S, Q, 3, R * (Q + 2) * 3).draw(canvas, (r, y, x) =>
        colour(w[k * size + (r * S + y) * Q + x] / high),
      );
      const name = `${layer} ${k}`,
        button = element(
          "button",
          { type: "button", "aria-pressed": net.off.has(name) },
          canvas,
          `${source + 1} → ${target + 1}`,
        );
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
  const [rows, columns] = PAGE.crop,
    T = state.clip.shape[0],
    size = rows * columns;
  state.strokes ??= new Float32Array(T * size).fill(NaN);
  const shown = start() + (net.config.frames >> 1),
    value = +one("brush").value;
  for (let y = Math.max(0, Math.floor(py) - 1); y <= Math.min(rows - 1, Math.floor(py) + 1); y++)
    for (let x = Math.max(0, Math.floor(px) - 1); x <= Math.min(columns - 1, Math.floor(px) + 1); x++)
      for (let t = 0; t < T; t++)
        if (one("everywhere").checked || t === shown) state.strokes[t * size + y * columns + x] = value;
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
  playing = wanted
    ? setInterval(() => {
        state.k = (state.k + 1) % state.clip.starts.length;
        show();
      }, 1000 / state.clip.rate)
    : 0;
  one("play").textContent = wanted ? "Pause" : "Play";
}

const camera = new Camera();
const recorded = [];

/** A frame of the camera: one step more. */
function taken(grey, shape) {
  const began = performance.now(),
    [H, W] = shape;
  recorded.push(grey);
  if (recorded.length > MOST_FRAMES) recorded.shift();
  const box = centred(shape, PAGE.crop);
  state.clip = { name: "camera", rate: RATE, shape: [1, H, W], frames: grey, boxes: [box], starts: [0] };
  state.crops = crops(grey, [1, H, W], [boxOf(0)], PAGE.crop);
  if (!state.live.push(state.crops, state)) return;
  const { maps, features, said, trace } = state.live;
  state.result = {
    maps,
    features,
    said,
    trace,
    totals: soFar(
      trace.map(({ y }) => [...y]),
      lstm.config.decision,
    ),
  };
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
    const why = short
      ? `${file.name} has fewer than ${net.config.frames} frames.`
      : `This browser cannot play ${file.name}. Convert it:`;
    const quoted = `'${file.name.replaceAll("'", "'\\''")}'`;
    tell(
      why,
      ...(short ? [] : [element("code", {}, `ffmpeg -i ${quoted} -c:v libx264 -pix_fmt yuv420p -an converted.mp4`)]),
    );
  }
}

function listen() {
  const on = (id, event, work) => one(id).addEventListener(event, work);
  on("clip", "change", () => {
    play(false);
    if (camera.stream) toggleCamera();
    choose(state.clips[one("clip").value]);
  });
  on("window", "input", () => {
    play(false);
    state.k = +one("window").value;
    show();
  });
  on("depth", "input", () => {
    state.depth = one("depth").value / Math.max(1, one("depth").max);
    show();
  });
  on("play", "click", () => {
    if (!state.live) play(!playing);
  });
  on("file", "change", () => one("file").files[0] && openFile(one("file").files[0]));
  on("camera", "click", toggleCamera);
  for (const id of ["mirror", "flip"])
    on(id, "change", () => {
      state[id] = one(id).checked;
      soon();
    });
  on("kernel-layer", "change", showKernels);
  on("all-on", "click", () => {
    net.off.clear();
    for (const id of ["without-R1", "without-R2"]) one(id).checked = false;
    showKernels();
    switched();
  });
  on("clean", "click", () => {
    state.strokes = null;
    soon();
  });
  on("back", "click", () => {
    Object.assign(state, { dy: 0, dx: 0, size: 1 });
    soon();
  });
  dragged(one("frame"), (_, [dx, dy]) => (dx || dy) && moveBox(dx, dy));
  dragged(one("crop"), (place) => stroke(place));
  on("frame", "keydown", (event) => {
    const moves = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      "+": [0, 0, 1.05],
      "-": [0, 0, 1 / 1.05],
    }[event.key];
    if (!moves) return;
    event.preventDefault();
    moveBox(...moves);
  });
  on("crop", "keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], " ": [0, 0] }[
      event.key
    ];
    if (!moves) return;
    event.preventDefault();
    state.cursor = state.cursor.map((one, k) => clamp(one + moves[k], PAGE.crop[k]));
    event.key === " " ? stroke([state.cursor[1], state.cursor[0]]) : showFrame();
  });
  for (const change of ["focus", "blur"]) on("crop", change, () => state.result && showFrame());
  addEventListener("resize", () => state.result && show());
  dark.addEventListener("change", () => {
    show();
    showKernels();
  });
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
