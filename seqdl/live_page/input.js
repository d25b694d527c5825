// Where frames come from: the page itself, a file, a camera. A clip is {name, rate, shape: [T, H, W], frames: grey bytes,
// boxes: one {top, left, height, width} a frame, starts: first frames of the windows}.

const RATE = 25,
  MOST_FRAMES = 200,
  PATIENCE = 10000;

/** A clip of the page: its bytes are differences from frame to frame, deflated. */
async function unpacked({ name, rate, shape, boxes, starts, frames }) {
  const bytes = Uint8Array.from(atob(frames), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const grey = new Uint8Array(await new Response(stream).arrayBuffer()),
    size = shape[1] * shape[2];
  for (let n = size; n < grey.length; n++) grey[n] += grey[n - size];
  const named = boxes.map(([top, left, height, width]) => ({ top, left, height, width }));
  return { name, rate, shape, frames: grey, boxes: named, starts };
}

/** seqdl.video.prepare.factor_for: by how much frames are made smaller before the box is cut out. */
function factorFor([H, W], [rows, columns], least) {
  const factor = Math.max(least, Math.min(Math.floor(H / (2 * rows)), Math.floor(W / (2 * columns))));
  return Math.floor(H / factor) >= rows && Math.floor(W / factor) >= columns ? factor : 1;
}

/** The largest centred box of a crop's proportion, the rule `centre`: nobody is looked for in the page. */
function centred([H, W], [rows, columns]) {
  const scale = Math.min(H / rows, W / columns),
    height = scale * rows,
    width = scale * columns;
  return { top: (H - height) / 2, left: (W - width) / 2, height, width };
}

/** First frames of all windows. */
const windows = (T, frames, step) =>
  Array.from({ length: Math.max(0, Math.floor((T - frames) / step) + 1) }, (_, k) => k * step);

/** What is on a video element now, in grey and made smaller; the page's own way of doing it may differ from seqdl's by a
 * grey level. */
class Grabber {
  constructor(video, crop, least) {
    this.video = video;
    const [H, W] = [video.videoHeight, video.videoWidth];
    this.factor = factorFor([H, W], crop, least);
    this.shape = [Math.floor(H / this.factor), Math.floor(W / this.factor)];
    this.canvas = element("canvas");
    [this.canvas.height, this.canvas.width] = [H, W];
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  grab() {
    const {
        factor,
        context,
        canvas,
        shape: [H, W],
      } = this,
      out = new Uint8Array(H * W);
    context.drawImage(this.video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height),
      area = factor * factor;
    for (let y = 0; y < H; y++)
      for (let x = 0; x < W; x++) {
        let sum = 0;
        for (let s = 0; s < factor; s++)
          for (let q = 0; q < factor; q++) {
            const n = 4 * ((y * factor + s) * canvas.width + x * factor + q);
            sum += 0.299 * data[n] + 0.587 * data[n + 1] + 0.114 * data[n + 2];
          }
        out[y * W + x] = Math.round(sum / area);
      }
    return out;
  }
}

/** Frames together as a clip, in the centred box. */
function clipOf(name, grey, [H, W], { crop, convnet, lstm }, rate = RATE) {
  const frames = new Uint8Array(grey.length * H * W);
  grey.forEach((frame, t) => frames.set(frame, t * H * W));
  const starts = windows(grey.length, convnet.config.frames, lstm.config.window_step);
  return { name, rate, shape: [grey.length, H, W], frames, boxes: grey.map(() => centred([H, W], crop)), starts };
}

const happened = (target, name) =>
  new Promise((done, failed) => {
    target.addEventListener(name, done, { once: true });
    const fails = () => failed(new Error("unplayable"));
    target.addEventListener("error", fails, { once: true });
    setTimeout(fails, PATIENCE);
  });

/** The first seconds of a file, 25 frames of each; an Error where the browser cannot play it. */
async function fromFile(file, page, tell) {
  const video = element("video", { muted: true, playsinline: true, preload: "auto" });
  video.src = URL.createObjectURL(file);
  try {
    await happened(video, "loadeddata");
    if (!video.videoWidth || !Number.isFinite(video.duration)) throw new Error("unplayable");
    const grabber = new Grabber(video, page.crop, page.downsample),
      grey = [];
    const count = Math.min(MOST_FRAMES, Math.max(1, Math.round(video.duration * RATE)));
    for (let k = 0; k < count; k++) {
      const there = happened(video, "seeked");
      video.currentTime = Math.min((k + 0.5) / RATE, video.duration);
      await there;
      grey.push(grabber.grab());
      if (k % 25 === 0) tell(`reading ${file.name}: ${k} of ${count} frames`);
    }
    if (grey.length < page.convnet.config.frames) throw new Error("short");
    return clipOf(file.name, grey, grabber.shape, page);
  } finally {
    URL.revokeObjectURL(video.src);
  }
}

/** A camera that hands on each frame, at most 25 a second, until it is stopped. */
class Camera {
  async start(page, take) {
    this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240, frameRate: RATE } });
    this.video = element("video", { muted: true, playsinline: true });
    this.video.srcObject = this.stream;
    await this.video.play();
    this.grabber = new Grabber(this.video, page.crop, page.downsample);
    let last = -Infinity;
    const next = (now) => {
      if (!this.stream) return;
      if (now - last > 1000 / RATE - 4) {
        last = now;
        take(this.grabber.grab(), this.grabber.shape);
      }
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }
}

/** The network on frames as they come: each is one step of the LSTM. Normalisation looks at frames on both sides, so what
 * is said is of a window that ended a moment ago; its constant is the mean over the frames that are held. */
class Live {
  constructor(page, net, lstm) {
    Object.assign(this, { page, net, lstm, trace: [], said: [], features: [], held: [], maps: null, windows: 0 });
    this.ahead = page.lcn.size - 1;
  }

  /** Take a crop in 0..1; whether there are enough of them to say something of a window, or of a copy of it. */
  push(crop, { mirror, flip }) {
    const {
        net,
        lstm,
        held,
        ahead,
        page: {
          crop: [rows, columns],
          lcn,
        },
      } = this,
      length = 2 * ahead + 1;
    held.push(crop);
    if (held.length > length) held.shift();
    if (held.length < length) return false;
    const frames = new Float32Array(length * rows * columns);
    held.forEach((one, t) => frames.set(one, t * rows * columns));
    const {
      shape: [, , Y, X],
      v,
    } = normalise(frames, [length, rows, columns], lcn);
    const frame = { shape: [1, 1, Y, X], v: v.slice(ahead * Y * X, (ahead + 1) * Y * X) };
    this.maps = advanced(net, copied(frame, mirror, flip), this.maps);
    if (this.maps.input.shape[1] < net.config.frames || this.windows++ % lstm.config.window_step) return false;
    this.features.push(net.features(this.maps, 0));
    this.trace.push(lstm.step(this.features.at(-1), this.trace.at(-1)));
    this.said.push([...net.outputs(this.features.at(-1))]);
    return true;
  }
}
