"use strict";
// The equations, one function each, in the letters of docs/equations.md; above each stands its section there and the
// function of seqdl/ops that says the same in NumPy. Maps are {shape: [maps, frames, rows, columns], v: numbers}, the
// numbers in the order of their indices, the last one first; a sequence is a list of vectors, one a step.

/** The place of unit [m, t, y, x] among the numbers of maps. */
const at = ([, T, Y, X], m, t, y, x) => ((m * T + t) * Y + y) * X + x;
const made = (shape, kind = Float32Array) => ({ shape, v: new kind(shape.reduce((a, b) => a * b, 1)) });
const clamp = (k, length) => Math.min(Math.max(k, 0), length - 1);

// ---- 2. The input --------------------------------------------------------------------------------------------------

/** ops.lcn.gaussian, Section 2: the window along one axis; its weights add up to 1. */
function gaussian(size, sigma) {
  const w = Array.from({ length: size }, (_, k) => Math.exp(-((k - (size >> 1)) ** 2) / (2 * sigma ** 2)));
  const sum = w.reduce((a, b) => a + b, 0);
  return w.map((one) => one / sum);
}

/** ops.lcn.blur, Section 2: w * a, along one axis after the other; borders are repeated. */
function blur(a, shape, w) {
  const [, Y, X] = shape, border = w.length >> 1;
  [Y * X, X, 1].forEach((stride, axis) => {
    const out = new Float64Array(a.length), length = shape[axis];
    for (let first = 0; first < a.length; first += length * stride)
      for (let place = 0; place < length; place++)
        for (let k = -border; k <= border; k++) {
          const weight = w[k + border], to = first + place * stride, from = first + clamp(place + k, length) * stride;
          for (let n = 0; n < stride; n++) out[to + n] += weight * a[from + n];
        }
    a = out;
  });
  return a;
}

/** ops.lcn.normalise, Section 2: v / max(c, deviation). Frames a of a shape (T, Y, X) in 0..1; loses a border. */
function normalise(a, shape, { size, sigma, reading, constant, value }) {
  const w = gaussian(size, sigma), border = size >> 1, [T, Y, X] = shape;
  const m = blur(a, shape, w), v = Float64Array.from(a, (one, n) => one - m[n]);
  const square = blur((reading === "two_pass" ? v : Float64Array.from(a)).map((one) => one * one), shape, w);
  const variance = reading === "two_pass" ? square : square.map((one, n) => one - m[n] * m[n]);
  const out = made([1, T, Y - 2 * border, X - 2 * border]), deviation = new Float64Array(out.v.length);
  let n = 0;
  for (let t = 0; t < T; t++)
    for (let y = border; y < Y - border; y++)
      for (let x = border; x < X - border; x++) {
        const from = (t * Y + y) * X + x;
        deviation[n] = Math.sqrt(Math.max(variance[from], 0));
        out.v[n++] = v[from];
      }
  const part = constant === "frame" ? n / T : n;
  for (let first = 0; first < n; first += part) {
    let c = value;
    if (constant !== "fixed") c = deviation.subarray(first, first + part).reduce((sum, one) => sum + one, 0) / part;
    for (let k = first; k < first + part; k++) out.v[k] /= Math.max(c, deviation[k], 1e-3);
  }
  return out;
}

/** ops.copies.copy, Section 2: left and right, top and bottom change places. */
function copied(a, mirror, flip) {
  const [M, T, Y, X] = a.shape, out = made(a.shape);
  for (let m = 0; m < M; m++)
    for (let t = 0; t < T; t++)
      for (let y = 0; y < Y; y++)
        for (let x = 0; x < X; x++)
          out.v[at(a.shape, m, t, y, x)] = a.v[at(a.shape, m, t, flip ? Y - 1 - y : y, mirror ? X - 1 - x : x)];
  return out;
}

// ---- 3. The 3D-ConvNet ---------------------------------------------------------------------------------------------

/** ops.connect.table, Section 3.2: links [source, target]; each map alone twice, then each pair of maps. */
function table(n) {
  const alone = [], paired = [];
  for (let source = 0; source < n; source++) alone.push([source, 2 * source], [source, 2 * source + 1]);
  let target = 2 * n;
  for (let first = 0; first < n; first++)
    for (let second = first + 1; second < n; second++, target++) paired.push([first, target], [second, target]);
  return [...alone, ...paired];
}

/** Links of an ordinary convolution, Section 3.1: from every map i to every map m, in the order of w[m, i]. */
function everywhere(I, M) {
  return Array.from({ length: I * M }, (_, k) => [k % I, Math.floor(k / I)]);
}

/** ops.conv3d.forward and ops.connect.forward, Sections 3.1 and 3.2, with one kernel w[k] of R x S x Q a link:
 * z[m,t,y,x] = b[m] + sum over k to m, r, s, q of w[k,r,s,q] a[i_k, t+r, y+s, x+q] */
function convolved(a, w, b, links, [R, S, Q]) {
  const [, T, Y, X] = a.shape;
  const z = made([b.length, T - R + 1, Y - S + 1, X - Q + 1]), [M, frames, rows, columns] = z.shape;
  const from = Array.from({ length: M }, (_, m) => links.map((_, k) => k).filter((k) => links[k][1] === m));
  const row = new Float64Array(columns);
  for (let m = 0; m < M; m++)
    for (let t = 0; t < frames; t++)
      for (let y = 0; y < rows; y++) {
        row.fill(b[m]);
        for (const k of from[m]) {
          const i = links[k][0];
          for (let r = 0; r < R; r++)
            for (let s = 0; s < S; s++) {
              const tap = ((k * R + r) * S + s) * Q, place = at(a.shape, i, t + r, y + s, 0);
              for (let q = 0; q < Q; q++) {
                const weight = w[tap + q], first = place + q;
                for (let x = 0; x < columns; x++) row[x] += weight * a.v[first + x];
              }
            }
        }
        z.v.set(row, at(z.shape, m, t, y, 0));
      }
  return z;
}

const SQUASH = { plain: [1, 1], scaled: [1.7159, 2 / 3] };

/** ops.squash.forward, Section 3.3: y = A tanh(s x), of one number. */
function squashed(x, kind) {
  if (kind === "linear") return x;
  const [A, s] = SQUASH[kind];
  return A * Math.tanh(s * x);
}

/** ops.rectify.forward, Section 3.4: r = |p a| or |a + p|; of one number. */
function rectified(a, p, kind) {
  const e = kind === "gain" ? p * a : a + p;
  return Math.abs(e);
}

/** ops.subsample.forward, Section 3.5: u = c[m] v + b[m], v the mean or sum over windows of n x n. */
function subsampled(a, c, b, n, pooling) {
  const [M, T, Y, X] = a.shape, u = made([M, T, Y / n, X / n]), k = pooling === "mean" ? 1 / (n * n) : 1;
  for (let m = 0; m < M; m++)
    for (let t = 0; t < T; t++)
      for (let y = 0; y < Y / n; y++)
        for (let x = 0; x < X / n; x++) {
          let sum = 0;
          for (let s = 0; s < n; s++)
            for (let q = 0; q < n; q++) sum += a.v[at(a.shape, m, t, n * y + s, n * x + q)];
          u.v[at(u.shape, m, t, y, x)] = c[m] * k * sum + b[m];
        }
  return u;
}

/** The numbers of maps, each changed by a function of itself and of its map. */
function each(a, change) {
  const size = a.v.length / a.shape[0];
  return { shape: a.shape, v: a.v.map((one, n) => change(one, Math.floor(n / size))) };
}

/** ops.dense.forward, Section 3.6: z = b + W x. */
function neurons(x, w, b) {
  return Float64Array.from(b, (bias, m) => {
    let z = bias;
    for (let n = 0; n < x.length; n++) z += w[m * x.length + n] * x[n];
    return z;
  });
}

/** ops.loss.outputs, Section 3.7: probabilities, or with the squared error numbers in -1..1. */
function outputs(z, kind) {
  if (kind === "logistic") return z.map(logistic);
  if (kind === "squared_error") return z.map((one) => Math.tanh(one));
  const highest = Math.max(...z), powers = z.map((one) => Math.exp(one - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((one) => one / sum);
}

/** ops.loss.loss, Section 3.7: the loss L of one decision, and dz; with logistic units the label is a set, bit by bit. */
function loss(z, label, kind) {
  const y = outputs(z, kind);
  if (kind === "squared_error") {
    const error = y.map((one, k) => one - (k === label ? 1 : -1));
    const L = error.reduce((sum, one) => sum + one * one, 0) / 2;
    return { L, dz: error.map((one, k) => one * (1 - y[k] * y[k])) };
  }
  if (kind === "logistic") {
    const shown = y.map((_, k) => Math.floor(label / 2 ** k) % 2);
    const each = z.map((one, k) => Math.max(one, 0) + Math.log1p(Math.exp(-Math.abs(one))) - shown[k] * one);
    return { L: each.reduce((sum, one) => sum + one, 0), dz: y.map((one, k) => one - shown[k]) };
  }
  const highest = Math.max(...z);
  const L = Math.log(z.reduce((sum, one) => sum + Math.exp(one - highest), 0)) + highest - z[label];
  return { L, dz: y.map((one, k) => one - (k === label ? 1 : 0)) };
}

// ---- 4. The online update ------------------------------------------------------------------------------------------

/** ops.momentum.update, Section 4, with rho = 1: v = mu v - eta g, theta = theta + v; changes both. */
function update(theta, v, g, eta, mu) {
  for (let k = 0; k < theta.length; k++) {
    v[k] = mu * v[k] - eta * g[k];
    theta[k] += v[k];
  }
}

// ---- 5. The LSTM ---------------------------------------------------------------------------------------------------

/** ops.lstm.logistic, Section 5.1: s(a) = 1 / (1 + exp(-a)). */
const logistic = (a) => (1 + Math.tanh(a / 2)) / 2;

/** ops.lstm_variants.CELL, Section 5.4: amplitude and slope of S, slope of H. */
const CELL = { tanh: [1, 1, 1], 1997: [2, 0.5, 0.5] };

/** ops.lstm.forward and ops.lstm_variants.forward, Sections 5.1 and 5.4: one step from x, with h and c of the step
 * before. Weights hold the blocks i, o, g and, with a forget gate, f; peepholes p, where there are any, i, o, f. */
function lstmStep(x, h, c, { w, u, b, p }, squash) {
  const M = h.length, [A, slope, slopeOut] = CELL[squash], forgets = b.length === 4 * M, looks = p.length > 0;
  const sums = neurons(x, w, b), back = neurons(h, u, new Float64Array(b.length));
  const a = (block, k) => sums[block * M + k] + back[block * M + k];
  const i = new Float64Array(M), o = new Float64Array(M), g = new Float64Array(M), f = new Float64Array(M).fill(1);
  const c2 = new Float64Array(M), e = new Float64Array(M), h2 = new Float64Array(M);
  for (let k = 0; k < M; k++) {
    i[k] = logistic(a(0, k) + (looks ? p[k] * c[k] : 0));
    g[k] = A * Math.tanh(slope * a(2, k));
    if (forgets) f[k] = logistic(a(3, k) + (looks ? p[2 * M + k] * c[k] : 0));
    c2[k] = f[k] * c[k] + i[k] * g[k];
    o[k] = logistic(a(1, k) + (looks ? p[M + k] * c2[k] : 0));
    e[k] = Math.tanh(slopeOut * c2[k]);
    h2[k] = o[k] * e[k];
  }
  return { x, i, o, g, f, c: c2, e, h: h2, before: { h, c } };
}

/** The same over a sequence of vectors, from the state h0, c0: the trace, a record a step. */
function lstmForward(xs, weights, h0, c0, squash) {
  const trace = [];
  let h = h0, c = c0;
  for (const x of xs) {
    trace.push(lstmStep(x, h, c, weights, squash));
    ({ h, c } = trace.at(-1));
  }
  return trace;
}

/** ops.lstm.backward and ops.lstm_variants.backward, Sections 5.2 to 5.4, from dh at each step: the gradients dw, du,
 * db, dp, dx at each step, dh0 and dc0; and, to look at, the error dc that each step has in its carousels. */
function lstmBackward(dh, trace, { w, u, b, p }, squash, truncate) {
  const M = trace[0].h.length, N = trace[0].x.length, [A, slope, slopeOut] = CELL[squash];
  const forgets = b.length === 4 * M, looks = p.length > 0;
  const dw = new Float64Array(w.length), du = new Float64Array(u.length);
  const db = new Float64Array(b.length), dp = new Float64Array(p.length), dx = [], flow = [];
  let dhNext = new Float64Array(M), dcNext = new Float64Array(M);
  for (let t = trace.length - 1; t >= 0; t--) {
    const { x, i, o, g, f, c: c2, e, before: { h, c } } = trace[t];
    const da = new Float64Array(b.length), dc = new Float64Array(M), handed = new Float64Array(M);
    for (let k = 0; k < M; k++) {
      const dhNow = dh[t][k] + dhNext[k];
      const daO = dhNow * e[k] * o[k] * (1 - o[k]);
      dc[k] = dcNext[k] + dhNow * o[k] * slopeOut * (1 - e[k] ** 2) + (looks ? p[M + k] * daO : 0);
      const daI = dc[k] * g[k] * i[k] * (1 - i[k]);
      const daG = dc[k] * i[k] * slope * (A - (g[k] * g[k]) / A);
      const daF = forgets ? dc[k] * c[k] * f[k] * (1 - f[k]) : 0;
      da[k] = daI;
      da[M + k] = daO;
      da[2 * M + k] = daG;
      if (forgets) da[3 * M + k] = daF;
      handed[k] = f[k] * dc[k];
      if (looks) {
        dp[k] += daI * c[k];
        dp[M + k] += daO * c2[k];
        handed[k] += p[k] * daI;
        if (forgets) {
          dp[2 * M + k] += daF * c[k];
          handed[k] += p[2 * M + k] * daF;
        }
      }
    }
    dhNext = new Float64Array(M);
    dx[t] = new Float64Array(N);
    for (let row = 0; row < da.length; row++) {
      db[row] += da[row];
      for (let n = 0; n < N; n++) {
        dw[row * N + n] += da[row] * x[n];
        dx[t][n] += w[row * N + n] * da[row];
      }
      for (let k = 0; k < M; k++) {
        du[row * M + k] += da[row] * h[k];
        dhNext[k] += u[row * M + k] * da[row];
      }
    }
    flow[t] = dc;
    dcNext = handed;
    if (truncate && t && t % truncate === 0) {
      dhNext = new Float64Array(M);
      dcNext = new Float64Array(M);
    }
  }
  return { dw, du, db, dp, dx, dh0: dhNext, dc0: dcNext, flow };
}

// ---- 6. From outputs to a decision ---------------------------------------------------------------------------------

const largest = (values) => values.indexOf(Math.max(...values));

/** seqdl.model.targets.target: what is learned of a sequence that shows one class alone. */
const alone = (label, kind) => (kind === "logistic" ? 2 ** label : label);

/** seqdl.model.decision.vote, Section 6: the class with most votes; a tie goes to the larger sum of outputs. Logistic
 * outputs are averaged, as the library does. */
function vote(said, kind) {
  if (kind === "logistic") {
    const mean = soFar(said, "accumulate").at(-1);
    return { decision: largest([...mean]), votes: [...mean] };
  }
  const votes = said[0].map(() => 0), sums = said[0].map(() => 0);
  for (const y of said) {
    votes[largest(y)] += 1;
    y.forEach((one, k) => (sums[k] += one));
  }
  const most = Math.max(...votes);
  const tied = sums.map((sum, k) => (votes[k] === most ? sum : -Infinity));
  return { decision: largest(tied), votes: votes.map((one) => one / said.length) };
}

/** seqdl.model.decision.so_far, Section 6: the mean of the outputs up to each step, or each step's own. */
function soFar(said, kind) {
  if (kind === "last") return said;
  const sum = said.length ? new Float64Array(said[0].length) : [];
  return said.map((y, t) => sum.map((_, k) => (sum[k] += y[k]) / (t + 1)));
}
