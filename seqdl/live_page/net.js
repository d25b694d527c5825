// The two networks of a run: their layers in a row, and what a unit is made of.

/** Numbers that the page holds as base64, float32 in the order of the machine that reads (as all are today). */
function decoded(text) {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** Named parts of a flat vector of parameters: views of it, as seqdl.model.parameters has them. */
function views(shapes, vector) {
  const named = {};
  let first = 0;
  for (const [name, shape] of shapes) {
    const size = shape.reduce((a, b) => a * b, 1);
    named[name] = vector.subarray(first, (first += size));
  }
  return named;
}

/** seqdl.video.resample.taps: from which pixels, with which weights, each of `count` new ones is made. */
function resampling(start, length, count, available) {
  const scale = length / count, reach = Math.max(scale, 1);
  return Array.from({ length: count }, (_, k) => {
    const centre = start + (k + 0.5) * scale - 0.5, taps = [];
    for (let place = Math.floor(centre - reach); place <= centre + reach + 1; place++) {
      const weight = Math.max(1 - Math.abs(place - centre) / reach, 0);
      if (weight) taps.push([clamp(place, available), weight]);
    }
    const sum = taps.reduce((total, tap) => total + tap[1], 0);
    return taps.map(([place, weight]) => [place, weight / sum]);
  });
}

/** seqdl.video.normalise.crops: boxes {top, left, height, width} cut out of grey frames (T, H, W), in 0..1. */
function crops(frames, [T, H, W], boxes, [rows, columns]) {
  const out = new Float32Array(T * rows * columns), across = new Float64Array(H * columns);
  for (let t = 0, n = 0; t < T; t++) {
    const { top, left, height, width } = boxes[t];
    const down = resampling(top, height, rows, H), beside = resampling(left, width, columns, W);
    const used = new Set(down.flatMap((taps) => taps.map(([place]) => place)));
    for (const y of used)
      for (let x = 0; x < columns; x++) {
        let sum = 0;
        for (const [place, weight] of beside[x]) sum += weight * frames[(t * H + y) * W + place];
        across[y * columns + x] = sum;
      }
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, n++) {
        let sum = 0;
        for (const [place, weight] of down[y]) sum += weight * across[place * columns + x];
        out[n] = sum / 255;
      }
  }
  return out;
}

/** The 3D-ConvNet, Section 3. `off` holds names of kernels that are switched off, such as "C2 17", and "R1", "R2" where
 * the absolute value is; a whole sequence goes through at once, as Section 7.1 says. */
class ConvNet {
  constructor({ config, shapes, theta }) {
    this.config = config;
    this.p = views(shapes, theta);
    const maps = this.p["C1.bias"].length, maps2 = this.p["C2.bias"].length, maps3 = this.p["C3.bias"].length;
    this.links = { C1: everywhere(1, maps), C2: table(maps), C3: everywhere(maps2, maps3) };
    this.kernels = { C1: config.c1_kernel, C2: config.c2_kernel, C3: config.c3_kernel };
    this.off = new Set();
    const kind = (activation) => (activation === "tanh" ? config.squash : "linear");
    this.squash = { C: kind(config.activation_c), S: kind(config.activation_s), C3: kind(config.activation_c3) };
  }

  /** The kernels of a layer, without those that are switched off. */
  weights(layer) {
    const w = this.p[`${layer}.weight`].slice(), size = w.length / this.links[layer].length;
    this.links[layer].forEach((_, k) => this.off.has(`${layer} ${k}`) && w.fill(0, k * size, (k + 1) * size));
    return w;
  }

  convolution(layer, a, kind) {
    const z = convolved(a, this.weights(layer), this.p[`${layer}.bias`], this.links[layer], this.kernels[layer]);
    return each(z, (one) => squashed(one, kind));
  }

  rectification(layer, a) {
    const kind = this.config.rectification, p = this.p[`${layer}.${kind}`];
    if (this.off.has(layer)) return each(a, (one, m) => (kind === "gain" ? p[m] * one : one + p[m]));
    return each(a, (one, m) => rectified(one, p[m], kind));
  }

  subsampling(layer, a) {
    const { pool, pooling } = this.config;
    const u = subsampled(a, this.p[`${layer}.coefficient`], this.p[`${layer}.bias`], pool, pooling);
    return each(u, (one) => squashed(one, this.squash.S));
  }

  /** All maps of normalised frames. */
  forward(input) {
    const C1 = this.convolution("C1", input, this.squash.C), R1 = this.rectification("R1", C1);
    const S1 = this.subsampling("S1", R1), C2 = this.convolution("C2", S1, this.squash.C);
    const R2 = this.rectification("R2", C2), S2 = this.subsampling("S2", R2);
    return { input, C1, R1, S1, C2, R2, S2, C3: this.convolution("C3", S2, this.squash.C3) };
  }

  /** The 120 values of the window that begins at a frame: C3's frames of that window, map by map. */
  features(maps, start) {
    const [M, T, Y, X] = maps.C3.shape, inside = this.config.frames - (maps.input.shape[1] - T);
    const values = new Float32Array(M * inside * Y * X);
    for (let m = 0; m < M; m++) {
      const first = at(maps.C3.shape, m, start, 0, 0);
      values.set(maps.C3.v.subarray(first, first + inside * Y * X), m * inside * Y * X);
    }
    return values;
  }

  /** What the ConvNet itself says of a window (N1 and N2, Sections 3.6 and 3.7). */
  outputs(features) {
    const { p, config } = this, n1 = neurons(features, p["N1.weight"], p["N1.bias"]);
    const said = n1.map((one) => squashed(one, config.squash));
    return outputs(neurons(said, p["N2.weight"], p["N2.bias"]), config.loss);
  }
}

/** The LSTM and its output neurons, Sections 5 and 5.5; theta, a flat vector, may be trained. */
class LSTM {
  constructor({ config, shapes, theta, mean, deviation }) {
    Object.assign(this, { config, shapes, theta, mean, deviation });
    this.p = views(shapes, theta);
    this.weights = this.part(this.p);
    this.cells = this.weights.b.length / (config.forget_gate ? 4 : 3);
  }

  part(named) {
    const [w, u, b, p] = ["input", "recurrent", "bias", "peephole"].map((name) => named[`LSTM.${name}`]);
    return { w, u, b, p };
  }

  scaled(features) {
    return Float64Array.from(features, (one, n) => (one - this.mean[n]) / this.deviation[n]);
  }

  /** The next step, from the state of the one before (or none). */
  step(features, before) {
    const { h, c } = before ?? { h: new Float64Array(this.cells), c: new Float64Array(this.cells) };
    const step = lstmStep(this.scaled(features), h, c, this.weights, this.config.squash);
    step.z = neurons(step.h, this.p["output.weight"], this.p["output.bias"]);
    step.y = outputs(step.z, this.config.loss);
    return step;
  }

  /** A sequence of features: one record a step. */
  read(sequence) {
    const trace = [];
    for (const features of sequence) trace.push(this.step(features, trace.at(-1)));
    return trace;
  }

  /** Section 5.5: the loss of a sequence, its gradient by theta, and the error in the carousels at each step. */
  lossAndGradient(sequence, label) {
    const trace = this.read(sequence), steps = trace.length, classes = trace[0].z.length;
    const counts = (t) => (this.config.targets === "every" ? 1 / steps : t === steps - 1 ? 1 : 0);
    const g = new Float64Array(this.theta.length), named = views(this.shapes, g), v = this.p["output.weight"];
    let L = 0;
    const dh = trace.map(({ z, h }, t) => {
      const here = loss(z, label, this.config.loss), back = new Float64Array(this.cells);
      L += counts(t) * here.L;
      for (let m = 0; m < classes; m++) {
        const dz = counts(t) * here.dz[m];
        named["output.bias"][m] += dz;
        for (let k = 0; k < this.cells; k++) {
          named["output.weight"][m * this.cells + k] += dz * h[k];
          back[k] += v[m * this.cells + k] * dz;
        }
      }
      return back;
    });
    const back = lstmBackward(dh, trace, this.weights, this.config.squash, this.config.truncate);
    const hidden = this.part(named);
    for (const name of ["w", "u", "b", "p"]) hidden[name].set(back[`d${name}`]);
    return { L, g, trace, flow: back.flow };
  }
}

/** The last frames of maps, at most so many; and those of `a` with those of `b` after them. */
function lastFrames(a, most, b = made([a.shape[0], 0, ...a.shape.slice(2)])) {
  const [M, T, Y, X] = a.shape, added = b.shape[1], frames = Math.min(most, T + added), size = Y * X;
  const out = made([M, frames, Y, X]);
  for (let m = 0; m < M; m++)
    for (let t = 0; t < frames; t++) {
      const from = T + added - frames + t, [source, first] = from < T ? [a, m * T + from] : [b, m * added + from - T];
      out.v.set(source.v.subarray(first * size, (first + 1) * size), (m * frames + t) * size);
    }
  return out;
}

/** The maps of the window that ends with one more `frame`: of what neighbouring windows share, nothing is computed again
 * (Section 7.1), each layer makes the one frame that is new. Maps are those of the window before, or none. */
function advanced(net, frame, before) {
  const maps = {};
  let length = net.config.frames, below = "input", fresh = frame;
  const add = (layer, values) => {
    maps[layer] = before?.[layer] ? lastFrames(before[layer], length, values) : values;
    [below, fresh] = [layer, values];
  };
  add("input", frame);
  for (const layer of ["C1", "R1", "S1", "C2", "R2", "S2", "C3"]) {
    if (layer[0] === "C") {
      const R = net.kernels[layer][0];
      if (maps[below].shape[1] < R) return maps;
      length -= R - 1;
      add(layer, net.convolution(layer, lastFrames(maps[below], R), net.squash[layer] ?? net.squash.C));
    } else add(layer, layer[0] === "R" ? net.rectification(layer, fresh) : net.subsampling(layer, fresh));
  }
  return maps;
}

/** Where in the input a unit of a layer looks: first and last frame, row and column; [t, y, x] is the unit's place. */
function receptiveField(net, layer, [t, y, x]) {
  let field = [t, t, y, y, x, x];
  const order = ["C1", "R1", "S1", "C2", "R2", "S2", "C3"];
  for (const name of order.slice(0, order.indexOf(layer) + 1).reverse()) {
    if (name[0] === "S") field = field.map((one, k) => (k < 2 ? one : net.config.pool * one + (k % 2 && net.config.pool - 1)));
    if (name[0] === "C") field = field.map((one, k) => one + (k % 2 && net.kernels[name][k >> 1] - 1));
  }
  return field;
}

/** What unit [m, t, y, x] of a layer is made of: terms weight x value, the sum with its bias, and what comes of it. */
function explained(net, maps, layer, [m, t, y, x]) {
  const value = maps[layer].v[at(maps[layer].shape, m, t, y, x)], { p, config } = net, terms = [];
  if (layer === "input") return { value, terms, bias: 0, sum: value, how: "v / max(c, deviation)" };
  const below = { C1: "input", R1: "C1", S1: "R1", C2: "S1", R2: "C2", S2: "R2", C3: "S2" }[layer];
  const a = (i, ...place) => maps[below].v[at(maps[below].shape, i, ...place)];
  let bias = 0, how;
  if (layer[0] === "R") {
    const scalar = p[`${layer}.${config.rectification}`][m], gain = config.rectification === "gain";
    terms.push({ weight: gain ? scalar : 1, value: a(m, t, y, x), place: [m, t, y, x] });
    bias = gain ? 0 : scalar;
    how = net.off.has(layer) ? "linear" : "abs";
  } else if (layer[0] === "S") {
    const n = config.pool, k = config.pooling === "mean" ? 1 / (n * n) : 1;
    for (let s = 0; s < n; s++)
      for (let q = 0; q < n; q++) {
        const place = [m, t, n * y + s, n * x + q];
        terms.push({ weight: k * p[`${layer}.coefficient`][m], value: a(...place), place });
      }
    bias = p[`${layer}.bias`][m];
    how = net.squash.S;
  } else {
    const w = net.weights(layer), [R, S, Q] = net.kernels[layer];
    net.links[layer].forEach(([i, target], k) => {
      if (target !== m) return;
      for (let r = 0; r < R; r++)
        for (let s = 0; s < S; s++)
          for (let q = 0; q < Q; q++) {
            const place = [i, t + r, y + s, x + q];
            terms.push({ weight: w[((k * R + r) * S + s) * Q + q], value: a(...place), place, link: k, tap: [r, s, q] });
          }
    });
    bias = p[`${layer}.bias`][m];
    how = layer === "C3" ? net.squash.C3 : net.squash.C;
  }
  const sum = terms.reduce((total, one) => total + one.weight * one.value, bias);
  return { value, terms, bias, sum, how, below };
}

/** What a gate, cell or output of the LSTM is made of, at a step of its trace; `name` is i, o, g, f, c, h or y. */
function explainedCell(lstm, step, name, k) {
  const { w, u, b, p } = lstm.weights, M = lstm.cells, N = step.x.length, terms = [];
  const add = (weight, value, place) => terms.push({ weight, value, place });
  if (name === "y") {
    for (let n = 0; n < M; n++) add(lstm.p["output.weight"][k * M + n], step.h[n], `h[${n}]`);
    const bias = lstm.p["output.bias"][k];
    const sum = terms.reduce((total, one) => total + one.weight * one.value, bias);
    const how = { cross_entropy: "softmax", squared_error: "plain", logistic: "logistic" }[lstm.config.loss];
    return { value: step.y[k], terms, bias, sum, how };
  }
  if (name === "c" || name === "h") {
    if (name === "c") {
      add(step.f[k], step.before.c[k], "f c");
      add(step.i[k], step.g[k], "i g");
    } else add(step.o[k], step.e[k], "o H(c')");
    const sum = terms.reduce((total, one) => total + one.weight * one.value, 0);
    return { value: step[name][k], terms, bias: 0, sum, how: "linear" };
  }
  const block = ["i", "o", "g", "f"].indexOf(name), row = block * M + k;
  for (let n = 0; n < N; n++) add(w[row * N + n], step.x[n], `x[${n}]`);
  for (let n = 0; n < M; n++) add(u[row * M + n], step.before.h[n], `h[${n}]`);
  if (p.length && name !== "g") {
    const which = { i: 0, o: 1, f: 2 }[name];
    add(p[which * M + k], name === "o" ? step.c[k] : step.before.c[k], name === "o" ? "c'" : "c");
  }
  const sum = terms.reduce((total, one) => total + one.weight * one.value, b[row]);
  return { value: step[name][k], terms, bias: b[row], sum, how: name === "g" ? lstm.config.squash : "logistic" };
}

/** What comes of a sum, by the name of what is done to it; of softmax the others' sums say the rest. */
function finished(sum, how) {
  if (how === "abs") return Math.abs(sum);
  if (how === "logistic") return logistic(sum);
  if (how in CELL) return CELL[how][0] * Math.tanh(CELL[how][1] * sum);
  return how === "softmax" ? NaN : squashed(sum, how);
}

/** A whole clip, from its normalised frames to the decision; windows begin at `starts`. */
function look(net, lstm, input, starts) {
  const maps = net.forward(input), features = starts.map((start) => net.features(maps, start));
  const said = features.map((one) => [...net.outputs(one)]), trace = lstm.read(features);
  const totals = soFar(trace.map(({ y }) => [...y]), lstm.config.decision);
  return { maps, features, said, trace, totals, voting: vote(said, net.config.loss), decision: largest(totals.at(-1)) };
}
