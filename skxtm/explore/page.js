"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const codes = data.languages.map((language) => language.code);
const hueOf = (code) => "--hue-" + codes.indexOf(code) % 16;
const colorOf = (code) => code === "all" ? "var(--ink)" : `var(${hueOf(code)})`;
const names = data.topics.map((topic) => topic.name);
let current = 0, query = "", gloss = "";
const shown = new Set(codes);

/** Make an element; texts only ever become text. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
const languageName = (code) => {
  try { return new Intl.DisplayNames(["en"], {type: "language"}).of(code); } catch { return code; }
};
const directionOf = (code) => data.languages.find((language) => language.code === code).dir;
const percent = (share) => (100 * share).toFixed(share < 0.0995 ? 1 : 0) + " %";
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// what a search looks at, folded once
const folded = data.topics.map((topic, number) => codes.map((code) => (topic.words[code] || []).map(([word]) => fold(word))));
const foldedTexts = data.map.text.map(fold);

function drawList() {
  const list = $("topics");
  list.replaceChildren(...data.topics.map((topic, number) => {
    const button = make("button", {type: "button", "aria-current": number === current ? "true" : null,
      onclick: () => choose(number)},
      make("span", {class: "number"}, String(topic.number)), make("span", {class: "name"}, make("bdi", {}, names[number])),
      make("span", {class: "bar", "aria-hidden": "true"}, bar(topic.weight / data.topics[0].weight, "")));
    if (topic.verdict) button.append(make("span", {class: "mark"}, "⚠ " + topic.verdict));
    return make("li", {}, button);
  }));
  light();
}
function bar(share, color) {
  const inner = document.createElement("i");
  inner.style.width = 100 * Math.min(1, share) + "%";
  if (color) inner.style.background = color;
  return inner;
}
function choose(number, remember = true) {
  current = number;
  [...$("topics").children].forEach((item, k) => {
    if (k === number) item.firstChild.setAttribute("aria-current", "true");
    else item.firstChild.removeAttribute("aria-current");
  });
  if (remember) history.replaceState(null, "", "#topic-" + data.topics[number].number);
  drawTopic();
  drawMap();
}
function drawTopic() {
  const topic = data.topics[current];
  const input = make("input", {value: names[current], dir: "auto", "data-topic": String(topic.number), onchange: rename});
  const parts = [
    make("div", {class: "heading"}, make("h2", {}, "Topic " + topic.number), make("label", {}, "Name", input)),
    make("p", {class: "soft"}, percent(topic.weight) + " of the training documents" +
      (topic.confidence === null ? "" : "; confidence of refined words " + topic.confidence.toFixed(2))),
  ];
  if (topic.description) parts.push(make("p", {}, make("bdi", {}, topic.description)));
  if (topic.verdict) parts.push(make("p", {class: "mark"}, "⚠ " + topic.verdict));
  parts.push(make("div", {class: "columns"}, ...codes.map((code) => make("div", {},
    make("h3", {}, languageName(code) + (topic.sizes[code] ? " · " + topic.sizes[code].toLocaleString("en") + " documents" : "")),
    wordList(topic, code), examples(topic, code)))));
  if (topic.before) parts.push(make("details", {}, make("summary", {}, "Words before and after refinement"),
    make("div", {class: "columns"}, ...codes.map((code) => make("div", {}, make("h3", {}, languageName(code)), changes(topic, code))))));
  if (data.time) parts.push(timeChart(topic.number));
  if (data.groups) parts.push(groupBars(topic.number));
  $("topic").replaceChildren(...parts);
}
function wordList(topic, code) {
  const words = topic.words[code] || [];
  const largest = words.length ? words[0][1] : 1;
  return make("ul", {class: "words", lang: code, dir: directionOf(code)}, ...words.map(([word, weight]) => {
    const button = make("button", {type: "button", dir: "auto", "data-word": word, "data-code": code,
      onpointerenter: lightWord, onpointerleave: lightWord, onfocus: lightWord, onblur: lightWord,
      onclick: () => { $("search").value = word; search(); }}, word);
    button.style.fontSize = (0.85 + 0.75 * Math.sqrt(weight / largest)) + "rem";
    const meaning = gloss && gloss !== code ? (glossesOf(code, word, gloss) || []) : [];
    return make("li", {}, button, meaning.length ? make("small", {lang: gloss, dir: directionOf(gloss)}, meaning[0]) : null);
  }));
}
const glossesOf = (code, word, other) => ((data.glosses[code] || {})[word] || {})[other];
function lightWord(event) {
  const {word, code} = event.target.dataset;
  const isOn = event.type === "pointerenter" || event.type === "focus";
  for (const button of $("topic").querySelectorAll(".words button")) {
    const other = button.dataset;
    const translates = other.code !== code && other.code !== undefined && (
      (glossesOf(code, word, other.code) || []).includes(other.word) ||
      (glossesOf(other.code, other.word, code) || []).includes(word));
    button.classList.toggle("lit", isOn && (translates || button === event.target));
  }
}
function examples(topic, code) {
  const found = topic.examples[code] || [];
  if (!found.length) return null;
  return make("ul", {class: "examples", lang: code, dir: directionOf(code)},
    ...found.map(([row, probability, text]) => make("li", {title: "row " + row}, text + " ", make("span", {class: "soft", dir: "ltr"}, percent(probability)))));
}
function changes(topic, code) {
  const before = topic.before[code] || [], kept = topic.kept[code] || [];
  const items = [...kept.map((word) => make(before.includes(word) ? "span" : "ins", {dir: "auto"}, word)),
    ...before.filter((word) => !kept.includes(word)).map((word) => make("del", {dir: "auto"}, word))];
  return make("ul", {class: "words", lang: code, dir: directionOf(code)}, ...items.map((item) => make("li", {}, item)));
}
function rename(event) {
  const name = event.target.value.trim();
  if (!name || names.some((other, k) => k !== current && fold(other) === fold(name))) {
    event.target.setCustomValidity(name ? "Another topic has this name." : "A topic needs a name.");
    event.target.reportValidity();
    return;
  }
  event.target.setCustomValidity("");
  names[current] = name;
  // the list stays as it is: the click that ended the renaming may be on one of its buttons
  $("topics").children[current].querySelector("bdi").textContent = name;
  light();
}

const svgns = "http://www.w3.org/2000/svg";
function svg(tag, attributes) {
  const element = document.createElementNS(svgns, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
function timeChart(number) {
  const {periods, series} = data.time, times = periods.map((period) => Date.parse(period.replace(" ", "T") + (period.includes(" ") ? "Z" : "")));
  const first = times[0], span = times[times.length - 1] - first;
  const lines = ["all", ...codes].filter((code) => series[code] && (code === "all" || shown.has(code))).map((code) => [code, series[code]]);
  const highest = Math.max(...lines.flatMap(([, of]) => of[number].map((cell) => cell ? cell[2] ?? cell[0] : 0))) || 1;
  const chart = svg("svg", {viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": "Share over time"});
  const at = (k, value, aside = 0) => (aside + (span ? 100 * (times[k] - first) / span : 50)).toFixed(2) + "," + (100 - 100 * value / highest).toFixed(2);
  for (const [code, of] of lines) {
    const color = colorOf(code);
    const cells = of[number].map((cell, k) => [k, cell, 0]).filter(([, cell]) => cell);
    // one period alone is a dash
    const known = cells.length === 1 ? [-1, 1].map((aside) => [...cells[0].slice(0, 2), aside]) : cells;
    const line = svg("polyline", {points: known.map(([k, cell, aside]) => at(k, cell[0], aside)).join(" ")});
    line.style.stroke = color;
    if (code === "all" && known.some(([, cell]) => cell[1] !== null)) {
      const band = svg("polygon", {points: [...known.map(([k, cell, aside]) => at(k, cell[2], aside)), ...known.reverse().map(([k, cell, aside]) => at(k, cell[1], aside))].join(" ")});
      band.style.fill = color;
      chart.append(band);
    }
    chart.append(line);
  }
  return make("div", {}, make("h3", {}, "Over time, up to " + percent(highest)), chart,
    make("div", {class: "axis"}, ...(span ? [periods[0], periods[periods.length - 1]] : ["", periods[0], ""]).map((period) => make("span", {}, period))),
    make("div", {class: "legend"}, ...lines.map(([code]) => legend(code === "all" ? "all, with its interval" : languageName(code), colorOf(code)))));
}
function legend(text, color) {
  const dot = document.createElement("i");
  dot.style.background = color;
  return make("span", {}, dot, text);
}
const mostGroups = 20;
function groupBars(number) {
  const cells = data.groups.labels.map((label, k) => [label, data.groups.series.all[number][k]]).filter(([, cell]) => cell);
  cells.sort((a, b) => b[1][0] - a[1][0]);
  const highest = Math.max(...cells.map(([, cell]) => cell[0])) || 1;
  return make("div", {}, make("h3", {}, "By group" + (cells.length > mostGroups ? `, the ${mostGroups} of ${cells.length} that have most of it` : "")), make("div", {class: "bars"}, ...cells.slice(0, mostGroups).flatMap(([label, cell]) => [
    label.trim() ? make("bdi", {}, label) : make("span", {class: "soft"}, "(no name)"), make("span", {class: "bar", "aria-hidden": "true"}, bar(cell[0] / highest, "")),
    make("span", {class: "soft"}, percent(cell[0]) + (cell[1] === null ? "" : " (" + percent(cell[1]) + " to " + percent(cell[2]) + ")"))])));
}

function search() {
  query = fold($("search").value.trim());
  light();
  drawMap(false);
}
function light() {
  const items = [...$("topics").children];
  const hits = query ? folded.map((lists, k) => fold(names[k]).includes(query) || lists.some((words) => words.some((word) => word.includes(query)))) : [];
  const texts = query ? foldedTexts.flatMap((text, k) => text.includes(query) ? [k] : []) : [];
  // a topic is lit, too, by the documents found that are of it
  const counts = new Map();
  for (const k of texts) counts.set(data.map.topic[k], (counts.get(data.map.topic[k]) || 0) + 1);
  items.forEach((item, k) => item.classList.toggle("lit", Boolean(hits[k] || counts.get(data.topics[k].number) > 1)));
  const n = items.filter((item) => item.classList.contains("lit")).length;
  $("found").textContent = query ? n + (n === 1 ? " topic" : " topics") + " and " + texts.length + " of the documents shown" : data.topics.length + (data.topics.length === 1 ? " topic" : " topics, the largest first");
  $("documents").replaceChildren(...texts.slice(0, 20).map((k) => make("li", {lang: codes[data.map.language[k]], dir: directionOf(codes[data.map.language[k]])},
    data.map.text[k] + " ", make("span", {class: "soft", dir: "ltr"}, "topic " + data.map.topic[k]))));
  foundTexts = new Set(texts);
}
let foundTexts = new Set();

const canvas = $("map");
function place(k) {
  const ratio = window.devicePixelRatio || 1, edge = 12 * ratio;
  return [edge + data.map.x[k] / 65535 * (canvas.width - 2 * edge), edge + data.map.y[k] / 65535 * (canvas.height - 2 * edge)];
}
// the points, drawn once for each choice of topic, languages and size; what a search finds is drawn over them
let points = null;
function drawMap(isNew = true) {
  const ratio = window.devicePixelRatio || 1, style = getComputedStyle(document.documentElement);
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  if (isNew || !points || points.width !== canvas.width || points.height !== canvas.height) drawPoints(ratio, style);
  const context = canvas.getContext("2d");
  if (points.width && points.height) context.drawImage(points, 0, 0);
  context.strokeStyle = style.getPropertyValue("--ink");
  context.lineWidth = 1.5 * ratio;
  for (const k of foundTexts) {
    if (!isShown(k)) continue;
    const [x, y] = place(k);
    context.beginPath();
    context.arc(x, y, (data.map.topic[k] === data.topics[current].number ? 3 : 2) * ratio, 0, 2 * Math.PI);
    context.stroke();
  }
  if (here >= 0 && isShown(here)) {
    context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = 3 * ratio;
    context.beginPath();
    context.arc(...place(here), 6 * ratio, 0, 2 * Math.PI);
    context.stroke();
  }
}
function drawPoints(ratio, style) {
  points = document.createElement("canvas");
  points.width = canvas.width;
  points.height = canvas.height;
  const context = points.getContext("2d"), number = data.topics[current].number, dim = style.getPropertyValue("--dim");
  for (const isChosen of [false, true]) {
    for (let k = 0; k < data.map.x.length; k++) {
      const code = codes[data.map.language[k]];
      if (!shown.has(code) || (data.map.topic[k] === number) !== isChosen) continue;
      const [x, y] = place(k);
      context.fillStyle = isChosen ? style.getPropertyValue(hueOf(code)) : dim;
      context.beginPath();
      context.arc(x, y, (isChosen ? 3 : 2) * ratio, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
function nearest(event) {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  const x = (event.clientX - box.left) * ratio, y = (event.clientY - box.top) * ratio;
  let best = -1, least = (12 * ratio) ** 2;
  for (let k = 0; k < data.map.x.length; k++) {
    if (!isShown(k)) continue;
    const [across, down] = place(k), distance = (across - x) ** 2 + (down - y) ** 2;
    if (distance < least) { best = k; least = distance; }
  }
  return best;
}
// the document at which the arrow keys are; -1 while they are elsewhere
let here = -1;
const isShown = (k) => shown.has(codes[data.map.language[k]]);
/** The nearest document that lies in a direction, rather than beside it; at first one of the chosen topic. */
function neighbour(across, down) {
  const all = data.map.x.map((_, k) => k).filter(isShown);
  if (here < 0 || !isShown(here)) return all.find((k) => data.map.topic[k] === data.topics[current].number) ?? all[0] ?? -1;
  const [x, y] = place(here);
  let best = here, least = Infinity;
  for (const k of all) {
    const [right, below] = place(k), along = (right - x) * across + (below - y) * down;
    const aside = Math.abs((right - x) * down) + Math.abs((below - y) * across);
    if (along > 0 && aside <= along && along + aside < least) { best = k; least = along + aside; }
  }
  return best;
}
function go(k) {
  here = k;
  drawMap(false);
  tell(k);
}
const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
canvas.addEventListener("keydown", (event) => {
  if (arrows[event.key]) { event.preventDefault(); go(neighbour(...arrows[event.key])); }
  else if (event.key === "Enter" && here >= 0) chooseOf(here);
  else if (event.key === "Escape") go(-1);
});
canvas.addEventListener("blur", () => go(-1));
canvas.addEventListener("pointermove", (event) => tell(nearest(event)));
function tell(k) {
  const tip = $("tip");
  tip.hidden = k < 0;
  if (k < 0) return;
  const topic = data.topics.findIndex((one) => one.number === data.map.topic[k]);
  const code = codes[data.map.language[k]], text = data.map.text[k];
  tip.replaceChildren(make("bdi", {}, names[topic]), ...(text ? [": ", make("bdi", {lang: code, dir: directionOf(code)}, text)] : []));
  const [x, y] = place(k), ratio = window.devicePixelRatio || 1;
  tip.style.insetInlineStart = Math.min(x / ratio + 10, Math.max(0, canvas.clientWidth - 360)) + "px";
  tip.style.insetBlockStart = y / ratio + 10 + "px";
}
canvas.addEventListener("pointerleave", () => tell(here));
canvas.addEventListener("click", (event) => chooseOf(nearest(event)));
function chooseOf(k) {
  if (k >= 0) choose(data.topics.findIndex((topic) => topic.number === data.map.topic[k]));
}

function save(name, type, text) {
  const link = make("a", {download: name, href: URL.createObjectURL(new Blob([text], {type}))});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
const quoted = (value) => {
  const text = String(value ?? "");
  // a cell that begins so is run as a formula by spreadsheets
  return '"' + (/^[=+\-@\t\r]/.test(text) ? "'" + text : text).replaceAll('"', '""') + '"';
};
$("csv").addEventListener("click", () => {
  const heads = ["topic", "name", "weight", "verdict", ...codes];
  const lines = data.topics.map((topic, k) => [topic.number, names[k], topic.weight, topic.verdict,
    ...codes.map((code) => (topic.words[code] || []).map(([word]) => word).join(" "))]);
  save("topics.csv", "text/csv", "\ufeff" + [heads, ...lines].map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n");
});
$("names").addEventListener("click", () => save("topic_names.json", "application/json",
  JSON.stringify(Object.fromEntries(data.topics.map((topic, k) => [topic.number, names[k]])), null, 1)));
$("search").addEventListener("input", search);
$("gloss").append(...codes.map((code) => make("option", {value: code}, languageName(code))));
$("gloss").addEventListener("change", (event) => { gloss = event.target.value; drawTopic(); });
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (event.key === "/" && !isTyping) { event.preventDefault(); $("search").focus(); }
  else if (event.key === "Escape" && document.activeElement === $("search")) { $("search").value = ""; search(); }
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !isTyping && $("topics").contains(document.activeElement)) {
    event.preventDefault();
    const next = current + (event.key === "ArrowDown" ? 1 : -1);
    if (next >= 0 && next < data.topics.length) { choose(next); $("topics").children[next].firstChild.focus(); }
  }
});
function fromAddress() {
  const number = Number((/^#topic-(\d+)$/.exec(location.hash) || [])[1]);
  const k = data.topics.findIndex((topic) => topic.number === number);
  return k < 0 ? 0 : k;
}
window.addEventListener("hashchange", () => choose(fromAddress(), false));
window.addEventListener("resize", drawMap);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);

$("about").textContent = data.about;
$("map-note").textContent = data.map.note;
$("filters").append(...codes.map((code) => {
  const box = make("input", {type: "checkbox", checked: "", onchange: (event) => {
    if (event.target.checked) shown.add(code); else shown.delete(code);
    drawTopic();
    drawMap();
  }});
  return make("label", {}, box, legend(languageName(code), colorOf(code)));
}));
current = fromAddress();
drawList();
choose(current, false);
