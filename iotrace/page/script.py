"""The page's script: sorts tables and redraws the timeline finer and at any zoom. The page reads without it.

It makes no HTML out of text: what programs chose is only ever set as `textContent`. The page's
Content-Security-Policy names its digest, so nothing else on the page could run.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

SORTING: Final = """
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], value = (row, i) => {
    const cell = row.cells[i], v = cell && cell.dataset.v;
    return v === undefined ? (cell ? cell.textContent : "") : Number(v);
  };
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button"; button.textContent = head.textContent;
    head.textContent = ""; head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "descending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      for (const other of head.parentNode.querySelectorAll("button"))
        other.textContent = other.textContent.replace(/ [▴▾]$/, "");
      button.textContent += up ? " ▴" : " ▾";
      const order = (a, b) =>
        typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
      body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * order(value(a, i), value(b, i))));
    });
  });
}
"""

TIMELINE: Final = """
const view = document.querySelector(".timeline");
if (view) {
  const HALF = 20, STATES = ["user", "kernel", "blocked", "runnable"], SVG = "http://www.w3.org/2000/svg";
  const numbers = (name) => Number(view.dataset[name]);
  const begin = numbers("begin"), cells = numbers("cells"), wide = (numbers("end") - begin) / cells;
  const phases = JSON.parse(view.dataset.phases), output = view.querySelector("output");
  let from = numbers("first"), upto = numbers("last");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const lanes = [...view.querySelectorAll(".lane")].map((lane) => {
    const shares = bytes(lane.dataset.s), svg = lane.querySelector("svg");
    const plane = (n) => shares.subarray(n * cells, (n + 1) * cells);
    const lane_ = { svg, own: plane(0), parts: STATES.map((_, n) => plane(n + 1)), paths: {},
      calls: new Uint32Array(bytes(lane.dataset.n).buffer) };
    lane_.first = lane_.own.findIndex((each) => each > 0); lane_.last = lane_.own.findLastIndex((each) => each > 0);
    svg.querySelectorAll("path:not(.border)").forEach((path) => path.remove());
    for (const state of STATES) {
      const path = lane_.paths[state] = document.createElementNS(SVG, "path");
      path.setAttribute("class", state);
      svg.insertBefore(path, svg.querySelector(".border"));
    }
    return lane_;
  });
  const units = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];
  const time = (ns) => {
    if (Math.abs(ns) < 0.5) return "0 s";
    const [unit, size] = units.filter(([, size]) => Math.abs(ns) >= size * 0.9999).pop() || units[0];
    return `${Number((ns / size).toPrecision(6))} ${unit}`;
  };
  const sums = (lane, a, b) => {
    const first = Math.max(0, Math.floor(a)), last = Math.min(cells, Math.max(Math.floor(a) + 1, Math.ceil(b)));
    let own = 0, calls = 0;
    const parts = [0, 0, 0, 0];
    for (let i = first; i < last; i++) {
      own += lane.own[i]; calls += lane.calls[i];
      for (let s = 0; s < 4; s++) parts[s] += lane.own[i] * lane.parts[s][i];
    }
    const whole = parts[0] + parts[1] + parts[2] + parts[3];
    return { own: own / 255 / (last - first), calls, parts: parts.map((part) => whole ? part / whole : 0) };
  };
  const draw = (lane) => {
    const width = Math.max(50, lane.svg.clientWidth || 960);
    const count = Math.max(1, Math.min(Math.round(width / 2), upto - from));
    lane.svg.setAttribute("viewBox", `0 0 ${width} ${2 * HALF + 1}`);
    const scale = (cell) => Math.max(0, Math.min(width, width * (cell - from) / (upto - from))).toFixed(1);
    const border = `M${scale(lane.first)} ${HALF + 0.5}H${scale(lane.last + 1)}`;
    lane.svg.querySelector(".border").setAttribute("d", border);
    const d = { user: "", kernel: "", blocked: "", runnable: "" }, line = HALF + 0.5;
    const rect = (state, ...box) => {
      const [x, w, a, b] = box.map((each) => each.toFixed(1));
      if (box[3] > box[2]) d[state] += `M${x} ${a}h${w}V${b}h-${w}Z`;
    };
    for (let c = 0; c < count; c++) {
      const a = from + (upto - from) * c / count, b = from + (upto - from) * (c + 1) / count;
      const { own, parts: [user, kernel, blocked, runnable] } = sums(lane, a, b);
      if (!own) continue;
      const x = width * c / count, w = width / count + 0.1;
      const tall = (share) => share > 0 ? Math.max(1, share * HALF) : 0;
      const run = line + tall(kernel), queue = Math.min(2 * HALF + 1, run + runnable * HALF);
      rect("user", x, w, line - tall(user), line);
      rect("kernel", x, w, line, run);
      rect("runnable", x, w, run, queue);
      rect("blocked", x, w, queue, blocked > 0 ? line + (kernel + runnable + blocked) * HALF : queue);
    }
    for (const state of STATES) lane.paths[state].setAttribute("d", d[state]);
  };
  const step = (least) => {
    const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
    return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least * 0.999999);
  };
  const axis = () => {
    const box = view.querySelector(".axis"), left = begin + from * wide, span = (upto - from) * wide;
    const marks = [], add = (at, words, kind) => {
      const mark = document.createElement("span");
      mark.style.left = `${at}%`; mark.textContent = words; if (kind) mark.className = kind;
      marks.push(mark); return mark;
    };
    const each = step(span / Math.max(2, Math.floor(box.clientWidth / 110)));
    for (let n = Math.ceil(left / each); n * each <= left + span; n++) {
      const at = 100 * (n * each - left) / span;
      if (at <= 94) add(at, time(n * each));
    }
    for (const [name, a, b] of phases) {
      const x = Math.max(0, 100 * (a - left) / span), y = Math.min(100, 100 * (b - left) / span);
      if (y > x) add(x, name, "phase").style.width = `${y - x}%`;
    }
    box.replaceChildren(...marks);
  };
  const redraw = () => { lanes.forEach(draw); axis(); };
  const show = (a, b) => {
    const span = Math.min(cells, Math.max(8, b - a));
    from = Math.max(0, Math.min(cells - span, Math.round(a))); upto = Math.min(cells, Math.round(from + span));
    redraw();
  };
  const moves = {
    "zoom in": (m, s) => show(m - s / 4, m + s / 4), "zoom out": (m, s) => show(m - s, m + s),
    "earlier": (m, s) => show(from - s / 3, upto - s / 3), "later": (m, s) => show(from + s / 3, upto + s / 3),
    "the whole run": () => show(0, cells),
  };
  for (const button of view.querySelectorAll("button"))
    button.addEventListener("click", () => moves[button.dataset.do]((from + upto) / 2, upto - from));
  for (const lane of lanes) {
    const where = (event) => {
      const box = lane.svg.getBoundingClientRect();
      return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    };
    let start = null, mark = null;
    lane.svg.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") return;
      start = where(event);
      mark = document.createElementNS(SVG, "rect");
      mark.setAttribute("class", "chosen"); mark.setAttribute("height", "100%");
      lane.svg.append(mark); lane.svg.setPointerCapture(event.pointerId); event.preventDefault();
    });
    lane.svg.addEventListener("pointermove", (event) => {
      const here = where(event), at = from + (upto - from) * here;
      const { own, calls, parts } = sums(lane, at, at + (upto - from) / Math.max(1, lane.svg.clientWidth));
      const words = STATES.map((state, n) => `${state} ${Math.round(100 * parts[n])} %`).join(", ");
      const counted = `${calls.toLocaleString("en")} call${calls === 1 ? "" : "s"}`;
      output.textContent = `at ${time(begin + Math.floor(at) * wide)}: `
        + (own ? `${words}; ${counted}` : "nothing of its own");
      if (mark) {
        mark.setAttribute("x", `${100 * Math.min(start, here)}%`);
        mark.setAttribute("width", `${100 * Math.abs(here - start)}%`);
      }
    });
    const end = (event) => {
      if (!mark) return;
      const [a, b] = [start, where(event)].sort((x, y) => x - y), span = upto - from, left = from;
      mark.remove(); mark = null;
      if (event.type === "pointerup" && b - a > 0.01) show(left + span * a, left + span * b);
    };
    lane.svg.addEventListener("pointerup", end);
    lane.svg.addEventListener("pointercancel", end);
  }
  view.classList.add("ready");
  view.querySelector(".tools").hidden = false;
  let width = 0;
  new ResizeObserver(() => {
    if (view.clientWidth !== width) { width = view.clientWidth; redraw(); }
  }).observe(view);
}
"""

SCRIPT: Final = f'"use strict";\n{SORTING}{TIMELINE}'


def digest() -> str:
    """What the Content-Security-Policy calls the script."""
    return f"sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}"
