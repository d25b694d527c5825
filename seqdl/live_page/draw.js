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

const number = (value) => (Math.abs(value) >= 1e4 || (value && Math.abs(value) < 1e-4) ? value.toExponential(2) : value.toFixed(4)).replace("-", "−");

/** The colour of a value in -1..1: blue below 0, orange above, the paper's own at 0. */
function colour(value) {
  const v = Math.min(Math.abs(value), 1), paper = dark.matches ? [20, 23, 26] : [255, 255, 255];
  const hue = value > 0 ? (dark.matches ? [255, 170, 70] : [190, 80, 0]) : dark.matches ? [110, 200, 255] : [0, 90, 160];
  return paper.map((part, k) => part + v * (hue[k] - part));
}

const grey = (value) => Array(3).fill(255 * Math.min(Math.max(value, 0), 1));

/** Fill a canvas of width x height pixels by a function of x and y; each pixel is shown `scale` times as large. */
function paint(canvas, width, height, scale, shade) {
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${width * scale}px`;
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  for (let y = 0, n = 0; y < height; y++)
    for (let x = 0; x < width; x++, n += 4) {
      const [r, g, b] = shade(x, y);
      image.data[n] = r;
      image.data[n + 1] = g;
      image.data[n + 2] = b;
      image.data[n + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  return context;
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
    Object.assign(this, { count, Y, X, width: this.across * (X + 2), height: Math.ceil(count / this.across) * (Y + 2) });
  }

  place(k) {
    return [(k % this.across) * (this.X + 2) + 1, Math.floor(k / this.across) * (this.Y + 2) + 1];
  }

  /** The tile, row and column at a pixel; null between tiles. */
  found(px, py) {
    const [a, b] = [Math.floor(px / (this.X + 2)), Math.floor(py / (this.Y + 2))], k = b * this.across + a;
    const y = Math.floor(py) - b * (this.Y + 2) - 1, x = Math.floor(px) - a * (this.X + 2) - 1;
    return a < this.across && k < this.count && y >= 0 && x >= 0 && y < this.Y && x < this.X ? [k, y, x] : null;
  }

  draw(canvas, shade) {
    return paint(canvas, this.width, this.height, this.scale, (px, py) => {
      const where = this.found(px, py);
      return where ? shade(...where) : colour(0);
    });
  }
}

/** Lines over time on a canvas of CSS pixels: [{name, values, ink, dash}], from low to high, or by powers of ten. */
function lines(canvas, series, { low, high, log = false, height = 180 }) {
  const width = Math.min(canvas.parentElement.clientWidth || 600, 720), context = canvas.getContext("2d");
  const sharp = window.devicePixelRatio || 1;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  canvas.style.width = `${width}px`;
  context.scale(sharp, sharp);
  const style = getComputedStyle(document.body), ink = style.color, left = 46, bottom = height - 18;
  const scaled = (value) => (log ? Math.log10(Math.max(value, 10 ** low)) : value);
  const at = (value) => bottom - ((scaled(value) - low) / (high - low)) * (bottom - 8);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = context.strokeStyle = ink;
  context.globalAlpha = 0.25;
  const marks = log ? Array.from({ length: Math.floor((high - low) / 2) + 1 }, (_, k) => 10 ** (low + 2 * k)) : [low, (low + high) / 2, high];
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
const inks = () => (dark.matches ? ["#56b4e9", "#e69f00", "#2fcf9c", "#f09ccb", "#f0e442", "#ff8a4c"] : ["#0072b2", "#b35900", "#00795a", "#a8467f", "#6b6200", "#c03000"]);
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3]];
