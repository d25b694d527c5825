// The decision, and the chosen unit's sum, in words and numbers.

function showDecision() {
  const { result } = state,
    { classes } = PAGE,
    total = result.totals[step()],
    best = largest(total),
    several = lstm.config.loss === "logistic",
    named = several ? classes.filter((_, k) => total[k] >= 0.5) : [classes[best]],
    of = lstm.config.decision === "last" ? "this step" : "mean over the steps so far";
  const voted = vote(result.said.slice(0, step() + 1), net.config.loss);
  one("decision").textContent =
    `${named.join(", ") || `none, at best ${classes[best]}`} (${of}: ${several ? "at most " : ""}${number(total[best])})`;
  const heads = ["class", "this step", "so far", ...(PAGE.votes ? ["votes"] : [])];
  const rows = classes.map((name, k) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...[result.trace[step()].y[k], total[k], ...(PAGE.votes ? [voted.votes[k]] : [])].map((value) =>
        element("td", {}, number(value)),
      ),
    ),
  );
  one("outputs").replaceChildren(
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows),
  );
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
  const [m, t, y, x] = place,
    told = explained(net, state.result.maps, layer, here(place));
  one("unit-title").textContent = `${layer}[${m + 1}], frame ${t + 1}, row ${y + 1}, column ${x + 1}`;
  one("unit-sum").textContent =
    layer === "input" ? `${number(told.value)}: ${told.how}` : sentence(layer[0] === "S" ? "u" : "z", told);
  const field = fieldOfUnit(),
    range = (k, what) => `${what} ${field[k] + 1} to ${field[k + 1] + 1}`;
  one("unit-field").textContent =
    `It looks at ${range(0, "frames")}, ${range(2, "rows")}, ${range(4, "columns")} of the input.`;
  const text = [];
  let before = "";
  for (const {
    weight,
    value,
    place: [i, r, s, q],
    link,
    tap,
  } of told.terms) {
    const head =
      link === undefined ? "" : `\nkernel ${link + 1}, ${told.below} map ${i + 1}, frame ${r - start() + 1}:\n`;
    if (head !== before) text.push((before = head));
    text.push(
      `${tap ? `[${tap}]` : `[${s + 1},${q + 1}]`} ${number(weight).padStart(8)} × ${number(value).padStart(8)} = ${number(weight * value).padStart(8)}\n`,
    );
  }
  one("unit-terms").textContent = text.join("").trimStart();
}

function showCell({ gate, cell, step: when }) {
  const told = explainedCell(lstm, state.result.trace[when], gate, cell);
  one("unit-title").textContent =
    `${gate === "y" ? `output ${PAGE.classes[cell]}` : `${NAMES[gate]} of cell ${cell + 1}`}, step ${when + 1}`;
  one("unit-sum").textContent =
    gate === "c"
      ? `c′ = f c + i g = ${number(told.sum)}`
      : gate === "h"
        ? `h′ = o H(c′) = ${number(told.sum)}`
        : sentence("a", told);
  one("unit-field").textContent = "";
  one("unit-terms").textContent = told.terms
    .map(
      ({ weight, value, place }) =>
        `${place.padEnd(8)} ${number(weight).padStart(8)} × ${number(value).padStart(8)} = ${number(weight * value).padStart(8)}`,
    )
    .join("\n");
}
