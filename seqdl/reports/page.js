"use strict";
// Moving pictures: all frames of one lie one below the other, and the one that is shown is moved into its place.
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const all = document.getElementById("all");
const films = [...document.querySelectorAll(".film[data-frames]")].map((figure) => {
  const [picture, now, slider, button] = ["image", ".now", "input", "button"].map((one) => figure.querySelector(one));
  const { frames, rows, rate } = figure.dataset;
  const across = now.ownerSVGElement.viewBox.baseVal.width;
  const film = { wanted: !still, visible: false, timer: 0 };
  film.show = (frame) => {
    picture.setAttribute("y", -frame * rows);
    const x = ((+frame + 0.5) / frames) * across;
    now.setAttribute("x1", x);
    now.setAttribute("x2", x);
    slider.value = frame;
  };
  film.go = () => {
    clearInterval(film.timer);
    const playing = film.wanted && film.visible;
    if (playing) film.timer = setInterval(() => film.show((+slider.value + 1) % frames), 1000 / rate);
    button.textContent = film.wanted ? "\u275a\u275a" : "\u25b6";
    button.setAttribute("aria-label", `${film.wanted ? "Pause" : "Play"} ${figure.querySelector("b").textContent}`);
  };
  film.play = (wanted) => {
    film.wanted = wanted;
    film.go();
  };
  button.addEventListener("click", () => film.play(!film.wanted));
  slider.addEventListener("input", () => {
    film.play(false);
    film.show(slider.value);
  });
  new IntersectionObserver((seen) => {
    film.visible = seen.at(-1).isIntersecting;
    film.go();
  }).observe(figure);
  film.show(Math.floor(frames / 2));
  return film;
});
for (const control of document.querySelectorAll(".control")) control.hidden = false;
if (all) {
  const name = () => (all.textContent = films.some((film) => film.wanted) ? "Pause all" : "Play all");
  all.addEventListener("click", () => {
    const wanted = !films.some((film) => film.wanted);
    for (const film of films) film.play(wanted);
    name();
  });
  document.addEventListener("click", name);
  document.addEventListener("input", name);
  name();
}
