// Pictures of numbers: maps side by side, values over time, lines.

const dark = matchMedia("(prefers-color-scheme: dark)");
const one = (id) => document.getElementById(id);

/** An element with attributes and children; text stands as it is. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const number = (value) =>
  (Math.abs(value) >= 1e4 || (value && Math.abs(value) < 1e-4) ? value.toExponential(2) : value.toFixed(4)).replace(
    "-",
    "−",
  );

const LEVELS = 255;
/** Colours of LEVELS steps below 0, blue, and above, orange; the paper's own at 0. */
function palette() {
  const paper = dark.matches ? [20, 23, 26] : [255, 255, 255];
  const [below, above] = dark.matches
    ? [
        [110, 200, 255],
        [255, 170, 70],
      ]
    : [
        [0, 90, 160],
        [190, 80, 0],
      ];
  return Uint32Array.from({ length: 2 * LEVELS + 1 }, (_, n) => {
    const v = (n - LEVELS) / LEVELS,
      hue = v > 0 ? above : below;
    return packed(...paper.map((part, k) => Math.round(part + Math.abs(v) * (hue[k] - part))));
  });
}

/** A colour as the number that it is in a picture's memory. */
const packed = (r, g, b) => new Uint32Array(new Uint8Array([r, g, b, 255]).buffer)[0];
const GREYS = Uint32Array.from({ length: 256 }, (_, n) => packed(n, n, n));
let colours = palette();
dark.addEventListener("change", () => (colours = palette()));

/** The colour of a value in -1..1, and the grey of one in 0..1. */
const colour = (value) => colours[Math.round(Math.min(Math.max(value, -1), 1) * LEVELS) + LEVELS];
const grey = (value) => GREYS[Math.round(Math.min(Math.max(value, 0), 1) * 255)];

/** Fill a canvas of width x height pixels, each shown `scale` times as large, by a function of an array of colours. */
function filled(canvas, width, height, scale, fill) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.style.width = `${width * scale}px`;
  const context = canvas.getContext("2d"),
    image = context.createImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  return context;
}

/** The same by a function of x and y. */
function paint(canvas, width, height, scale, shade) {
  return filled(canvas, width, height, scale, (pixels) => {
    for (let y = 0, n = 0; y < height; y++) for (let x = 0; x < width; x++) pixels[n++] = shade(x, y);
  });
}

/** A frame around pixels x to x2, y to y2, just outside of them. */
function framed(context, x, y, x2, y2, ink = dark.matches ? "#ffffff" : "#000000") {
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, x2 - x + 2, y2 - y + 2);
}

/** Tiles side by side, each of X columns and Y rows: where they are on a canvas of its width. */
class Tiles {
  constructor(count, Y, X, scale, width) {
    this.scale = Math.max(1, Math.min(scale, Math.floor(width / (X + 2))));
    this.across = Math.max(1, Math.min(count, Math.floor(width / this.scale / (X + 2))));
    Object.assign(this, {
      count,
      Y,
      X,
      width: this.across * (X + 2),
      height: Math.ceil(count / this.across) * (Y + 2),
    });
  }

  place(k) {
    return [(k % this.across) * (this.X + 2) + 1, Math.floor(k / this.across) * (this.Y + 2) + 1];
  }

  /** The tile, row and column at a pixel; null between tiles. */
  found(px, py) {
    const [a, b] = [Math.floor(px / (this.X + 2)), Math.floor(py / (this.Y + 2))],
      k = b * this.across + a;
    const y = Math.floor(py) - b * (this.Y + 2) - 1,
      x = Math.floor(px) - a * (this.X + 2) - 1;
    return a < this.across && k < this.count && y >= 0 && x >= 0 && y < this.Y && x < this.X ? [k, y, x] : null;
  }

  draw(canvas, shade) {
    return filled(canvas, this.width, this.height, this.scale, (pixels) => {
      pixels.fill(colour(0));
      for (let k = 0; k < this.count; k++) {
        const [left, top] = this.place(k);
        for (let y = 0; y < this.Y; y++)
          for (let x = 0, n = (top + y) * this.width + left; x < this.X; x++) pixels[n++] = shade(k, y, x);
      }
    });
  }
}

/** Lines over time on a canvas of CSS pixels: [{name, values, ink, dash}], from low to high, or by powers of ten. */
function lines(canvas, series, { low, high, log = false, height = 180 }) {
  const width = Math.min(canvas.parentElement.clientWidth || 600, 720),
    context = canvas.getContext("2d");
  const sharp = window.devicePixelRatio || 1;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  canvas.style.width = `${width}px`;
  context.scale(sharp, sharp);
  const style = getComputedStyle(document.body),
    ink = style.color,
    left = 46,
    bottom = height - 18;
  const scaled = (value) => (log ? Math.log10(Math.max(value, 10 ** low)) : value);
  const at = (value) => bottom - ((scaled(value) - low) / (high - low)) * (bottom - 8);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = context.strokeStyle = ink;
  context.globalAlpha = 0.25;
  const marks = log
    ? Array.from({ length: Math.floor((high - low) / 2) + 1 }, (_, k) => 10 ** (low + 2 * k))
    : [low, (low + high) / 2, high];
  for (const mark of marks) context.fillRect(left, at(mark), width - left, 1);
  context.globalAlpha = 1;
  for (const mark of marks) context.fillText(log ? mark.toExponential(0) : mark.toFixed(2), 2, at(mark) + 4);
  for (const { values, ink: own, dash = [] } of series) {
    context.strokeStyle = own;
    context.lineWidth = 2;
    context.setLineDash(dash);
    context.beginPath();
    values.forEach((value, k) => context.lineTo(left + ((k + 0.5) / values.length) * (width - left), at(value)));
    context.stroke();
  }
}

/** Inks that can be told apart, in light and dark, and dashes for who sees no colours. */
const inks = () =>
  dark.matches
    ? ["#56b4e9", "#e69f00", "#2fcf9c", "#f09ccb", "#f0e442", "#ff8a4c"]
    : ["#0072b2", "#b35900", "#00795a", "#a8467f", "#6b6200", "#c03000"];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3]];
