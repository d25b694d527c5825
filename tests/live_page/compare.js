// How far a page's functions are from what the library says: the largest difference of each quantity. One that is more
// than enough is an error at once.
function differences(source, cases, enough = Infinity) {
  const names = "normalise, crops, copied, table, ConvNet, LSTM, update, vote, soFar, explained, explainedCell, finished, receptiveField, loss, at, advanced";
  const page = new Function(`${source}\nreturn {${names}}`)();
  const found = {};
  const compare = (name, got, wanted) => {
    const a = Array.from(got, Number), b = wanted;
    let worst = a.length === b.length ? 0 : Infinity;
    for (let n = 0; n < b.length; n++) {
      const off = Math.abs(a[n] - b[n]) / Math.max(1, Math.abs(b[n]));
      if (!(off <= worst)) worst = Number.isNaN(off) ? Infinity : off;
    }
    if (worst > enough) throw new Error(`${name} is off by ${worst}`);
    found[name] = Math.max(found[name] ?? 0, worst);
  };
  const rows = (flat, size) => Array.from({ length: flat.length / size }, (_, k) => flat.slice(k * size, (k + 1) * size));
  const floats = (network) => ({ ...network, theta: Float32Array.from(network.theta) });

  for (const { a, shape, settings, out } of cases.normalise) compare("normalised", page.normalise(Float32Array.from(a), shape, settings).v, out);
  for (const { frames, shape, boxes, size, out } of cases.crops) {
    const named = boxes.map(([top, left, height, width]) => ({ top, left, height, width }));
    compare("crops", page.crops(frames, shape, named, size), out);
  }
  for (const { a, shape, mirror, flip, out } of cases.copies) compare("copies", page.copied({ shape, v: Float32Array.from(a) }, mirror, flip).v, out);
  for (const { n, out } of cases.tables) compare("table", page.table(n).flat(), out);

  for (const one of cases.lstms) {
    const { mean, deviation } = one.network;
    const lstm = new page.LSTM({ ...one.network, theta: Float64Array.from(one.network.theta), mean, deviation });
    const sequence = rows(one.x, one.inputs), trace = lstm.read(sequence);
    for (const name of ["i", "o", "g", "f", "c", "h", "e", "y"]) compare(`${name} of the LSTM`, trace.flatMap((step) => [...step[name]]), one.trace[name]);
    const { L, g, flow } = lstm.lossAndGradient(sequence, one.label);
    compare("loss", [L], [one.loss]);
    compare("gradient", g, one.gradient);
    compare("the error in the carousels", flow.flatMap((row) => [...row]), one.flow);
    trace.forEach((step, t) => {
      for (const name of ["i", "o", "g", "c", "h"].concat(lstm.config.forget_gate ? ["f"] : [])) {
        const told = page.explainedCell(lstm, step, name, 1);
        compare("what comes of a cell's sum", [page.finished(told.sum, told.how)], [one.trace[name][t * lstm.cells + 1]]);
      }
      compare("an output's sum", [page.explainedCell(lstm, step, "y", 1).sum], [one.trace.z[t * one.classes + 1]]);
    });
    const v = new Float64Array(lstm.theta.length);
    for (let turn = 0; turn < one.turns; turn++) page.update(lstm.theta, v, lstm.lossAndGradient(sequence, one.label).g, one.eta, one.mu);
    compare("parameters after updates", lstm.theta, one.updated);
  }
  for (const { said, classes, kind, totals, decision, votes } of cases.decisions) {
    const outputs = rows(said, classes), voted = page.vote(outputs);
    compare("so far", page.soFar(outputs, kind).flatMap((one) => [...one]), totals);
    compare("votes", [voted.decision, ...voted.votes], [decision, ...votes]);
  }
  // Last, since these take longest.
  for (const one of cases.convnets) {
    const net = new page.ConvNet(floats(one.network));
    const maps = net.forward({ shape: one.shape, v: Float32Array.from(one.input) });
    for (const layer of Object.keys(one.maps)) compare(layer, maps[layer].v, one.maps[layer]);
    const features = one.starts.map((start) => net.features(maps, start));
    compare("features", features.flatMap((values) => [...values]), one.features);
    let sliding = null;
    const [, T, Y, X] = one.shape, size = Y * X;
    for (let t = 0; t < T; t++) {
      sliding = page.advanced(net, { shape: [1, 1, Y, X], v: Float32Array.from(one.input.slice(t * size, (t + 1) * size)) }, sliding);
      const k = one.starts.indexOf(t - net.config.frames + 1);
      if (k >= 0) compare("features frame by frame", net.features(sliding, 0), rows(one.features, net.features(sliding, 0).length)[k]);
    }
    compare("the ConvNet's outputs", features.flatMap((values) => [...net.outputs(values)]), one.outputs);
    for (const { layer, unit, value, sum, count, field } of one.units) {
      const told = page.explained(net, maps, layer, unit);
      compare("a unit's value", [told.value], [value]);
      compare("a unit's sum", [told.sum], [sum]);
      compare("a unit's terms", [told.terms.length], [count]);
      compare("what comes of a unit's sum", [page.finished(told.sum, told.how)], [value]);
      compare("a unit's receptive field", page.receptiveField(net, layer, unit.slice(1)), field);
      for (const { value: used, place } of told.terms) compare("where a unit's values are", [maps[told.below].v[page.at(maps[told.below].shape, ...place)]], [used]);
    }
    for (const { off, features: wanted } of one.switched) {
      net.off = new Set(off);
      const changed = net.forward({ shape: one.shape, v: Float32Array.from(one.input) });
      compare("features with something switched off", net.features(changed, 0), wanted);
    }
  }
  return found;
}
