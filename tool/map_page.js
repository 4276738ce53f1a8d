/* map_page.js -- the page at work: what is shown, where the view stands, keys and pointer.
 *
 * The address's fragment may say how it begins: #by=fill&at=0x7f12&view=both&theme=dark&zoom=40. */
const app = { now: null, before: null, view: "now", way: "class", chosen: null, layout: null, camera: { x: 0, y: 0, scale: 1 }, fitted: true,
  selected: null, hover: null, pending: false, began: performance.now() };
const canvas = $("map"), stage = $("stage");

/* ---- the view ---- */

const shown = () => app.view === "both" ? [app.before, app.now] : [app.view === "before" ? app.before : app.now];

function boxes() {
  const w = stage.clientWidth, h = stage.clientHeight, list = shown(), each = w / list.length;
  return list.map((shot, i) => ({ shot, x: i * each, y: 0, w: each - (i + 1 < list.length ? 1 : 0), h }));
}

function fit() {
  const box = boxes()[0], edge = 14, caption = app.before ? 24 : 0;
  app.layout = layOut(app.before ? [app.before, app.now] : [app.now], Math.max(1, box.w - 2 * edge), Math.max(1, box.h - 2 * edge - caption));
  const scale = Math.min((box.w - 2 * edge) / app.layout.width, (box.h - 2 * edge - caption) / app.layout.height, 240);
  app.camera = { scale, x: -edge / scale - Math.max(0, (box.w - 2 * edge) / scale - app.layout.width) / 2, y: -(edge + caption) / scale };
  app.fitted = true;
}

function zoom(by, px, py) {
  const box = boxAt(px), c = app.camera, x = c.x + (px - box.x) / c.scale, y = c.y + py / c.scale;
  const scale = Math.max(0.05, Math.min(8192, c.scale * by));
  app.camera = { scale, x: x - (px - box.x) / scale, y: y - py / scale };
  app.fitted = false;
  redraw();
}

function move(dx, dy) {
  app.camera.x += dx / app.camera.scale;
  app.camera.y += dy / app.camera.scale;
  app.fitted = false;
  redraw();
}

/* To the middle, at this scale at least. */
function goNear(shot, item, least) {
  const [x, y, w] = piecesOf(shot, app.layout, item)[0] || [0, 0, 1], box = boxes()[0];
  const scale = Math.max(app.camera.scale, Math.min(least, box.w * 0.8 / Math.min(w, 8)));
  app.camera = { scale, x: x + Math.min(w, 8) / 2 - box.w / 2 / scale, y: y + 0.5 - box.h / 2 / scale };
  app.fitted = false;
  redraw();
}

const boxAt = (px) => boxes().find((b) => px < b.x + b.w + 1) || boxes()[0];

function redraw() {
  if (app.pending || !app.now) return;
  app.pending = true;
  requestAnimationFrame(drawAll);
}

function marksFor(shot) {
  const marks = [];
  for (const [at, width] of [[app.hover, 1], [app.selected, 2.5]])
    if (at) marks.push([itemOfSlice(shot, at), width]);
  return marks;
}

function drawAll() {
  app.pending = false;
  const ratio = window.devicePixelRatio || 1, w = stage.clientWidth, h = stage.clientHeight, context = canvas.getContext("2d");
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = css(palette.clean);
  context.fillRect(0, 0, w, h);
  for (const box of boxes()) {
    new Drawing(context, box.shot, app.layout, box, app.camera, marksFor(box.shot)).draw();
    if (app.before) caption(context, box);
  }
}

function caption(context, box) {
  const words = box.shot === app.before ? "before" : "now";
  context.font = "600 13px system-ui, sans-serif";
  const wide = context.measureText(words).width + 18;
  context.fillStyle = css(palette.ink);
  context.fillRect(box.x, box.y, wide, 22);
  context.fillStyle = css(palette.paper);
  context.fillText(words, box.x + 9, box.y + 15);
}

/* ---- what is shown ---- */

function repaint() {
  for (const shot of [app.now, app.before])
    if (shot) {
      paintItems(shot, app.way, app.chosen);
      shot.textures = [];
    }
  showLegend(app.way === "change" ? app.now : shown()[shown().length - 1], app.before, app.way, app.chosen, pick);
  redraw();
}

function pick(key) {
  app.chosen = app.chosen === key ? null : key;
  repaint();
}

function setWay(way) {
  if (way === "change" && !app.before) return;
  app.way = way;
  app.chosen = null;
  document.querySelector(`#ways input[value=${way}]`).checked = true;
  repaint();
}

function setView(view) {
  if (!app.before) return;
  app.view = view;
  document.querySelector(`#views input[value=${view}]`).checked = true;
  if (app.fitted) fit();
  repaint();
}

function setTheme(dark) {
  document.documentElement.classList.toggle("dark", dark);
  palette = dark ? DARK : LIGHT;
  stripes = null;
  if (!app.now) return;
  showBar(app.now);
  repaint();
}

function details(at, block, address) {
  const parts = [];
  for (const shot of shown().reverse()) {
    if (app.view === "both") parts.push(make("h3", {}, shot === app.before ? "before" : "now"));
    parts.push(...describeItem(shot, itemOfSlice(shot, at), block(shot), address));
  }
  $("details").replaceChildren(...parts);
}

const blockUnder = (at) => (shot) => {
  const item = itemOfSlice(shot, at), p = item < 0 ? -1 : shot.itemPage[item];
  return p < 0 || classOf(shot, p) === SINGLE || at.dx === undefined || app.camera.scale < NEAREST ? -1 : blockAtPoint(shot, p, at);
};

function select(at, address = null, block = null) {
  app.selected = at;
  if (at) details(at, block || blockUnder(at), address);
  redraw();
}

function find(text) {
  const p = /^(0x)?[0-9a-f]+$/i.test(text.trim()) ? Number.parseInt(text.trim(), /^0x|[a-f]/i.test(text.trim()) || text.trim().length > 10 ? 16 : 10) : NaN;
  const shot = shown()[shown().length - 1], item = Number.isNaN(p) ? -1 : itemAt(shot, p);
  if (item < 0) {
    $("details").replaceChildren(make("p", {}, Number.isNaN(p) ? `"${text}" is no address.` : `${hex(p)} is not in memory of mica's: another mapping, a stack, or nothing.`));
    return;
  }
  const area = shot.areas[shot.itemArea[item]], page = shot.itemPage[item];
  const at = { place: app.layout.byBase.get(area.base), slice: Math.floor((p - 1 - area.base) / SLICE) };
  goNear(shot, item, 420);
  select(at, p, (of) => of === shot && page >= 0 && classOf(shot, page) !== SINGLE ? blockAt(shot, page, p) : -1);
}

/* ---- keys ---- */

function step(dx, dy) {
  if (app.layout.places.length === 0) return;
  const shot = shown()[shown().length - 1], at = app.selected;
  if (!at) {
    const place = app.layout.places[0];
    select({ place, slice: place.single ? 0 : place.tiles[0] * SEGMENT_SLICES });
  } else {
    const slices = at.place.single ? [] : at.place.tiles.map((t) => t * SEGMENT_SLICES), tile = at.place.single ? 0 : at.place.tileOf[at.slice >> 6];
    let inTile = at.slice % SEGMENT_SLICES + dx + dy * TILE, next = tile;
    if (dy !== 0 && (inTile < 0 || inTile >= SEGMENT_SLICES)) next += dy * at.place.columns;
    else if (inTile < 0 || inTile >= SEGMENT_SLICES) next += dx;
    inTile = (inTile + SEGMENT_SLICES) % SEGMENT_SLICES;
    if (next >= 0 && next < slices.length) select({ place: at.place, slice: slices[next] + inTile });
    else {
      const place = app.layout.places[app.layout.places.indexOf(at.place) + (dx + dy > 0 ? 1 : -1)];
      if (place) select({ place, slice: place.single ? 0 : place.tiles[dx + dy > 0 ? 0 : place.tiles.length - 1] * SEGMENT_SLICES });
    }
  }
  const item = itemOfSlice(shot, app.selected);
  if (item >= 0 && !isInSight(app.selected)) goNear(shot, item, 0);
}

function isInSight(at) {
  const box = boxes()[0], c = app.camera, tile = at.place.single ? 0 : at.place.tileOf[at.slice >> 6];
  const x = (tileX(at.place, tile) + at.slice % 8 - c.x) * c.scale, y = (tileY(at.place, tile) + (at.slice >> 3) % 8 - c.y) * c.scale;
  return x >= 0 && y >= 0 && x + c.scale <= box.w && y + c.scale <= box.h;
}

const WAY_KEYS = { 1: "class", 2: "thread", 3: "fill", 4: "state", 5: "change" };
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function centre(by) {
  const box = boxes()[0];
  zoom(by, box.w / 2, box.h / 2);
}

const ACTIONS = {
  "+": () => centre(1.4), "=": () => centre(1.4), "-": () => centre(1 / 1.4),
  "0": () => { fit(); redraw(); },
  "/": () => $("address").focus(),
  "?": () => $("words").showModal(),
  d: () => setTheme(!document.documentElement.classList.contains("dark")),
  b: () => setView({ now: "both", both: "before", before: "now" }[app.view]),
  Escape: () => { app.selected = app.chosen = null; repaint(); },
};

function onKey(e) {
  if (!app.now || e.ctrlKey || e.altKey || e.metaKey || e.target.id === "address" || $("words").open) return;
  const arrow = STEPS[e.key], isControl = e.target.closest && e.target.closest(".group");
  if (arrow && isControl) return;
  if (arrow) e.shiftKey ? move(arrow[0] * 80, arrow[1] * 80) : step(...arrow);
  else if (WAY_KEYS[e.key]) setWay(WAY_KEYS[e.key]);
  else if (e.key === "Enter" && e.target === canvas && app.selected) goNear(shown()[shown().length - 1], itemOfSlice(shown()[shown().length - 1], app.selected), 420);
  else if (ACTIONS[e.key]) ACTIONS[e.key]();
  else return;
  e.preventDefault();
}

/* ---- pointer ---- */

const pointers = new Map();

function pointOf(e) {
  const r = canvas.getBoundingClientRect();
  return [e.clientX - r.left, e.clientY - r.top];
}

function under(px, py) {
  const box = boxAt(px);
  return { box, at: sliceAt(app.layout, app.camera.x + (px - box.x) / app.camera.scale, app.camera.y + py / app.camera.scale) };
}

function hover(px, py) {
  const { box, at } = under(px, py), tip = $("tip");
  app.hover = at;
  tip.hidden = !at;
  if (at) {
    tip.textContent = tipOf(box.shot, itemOfSlice(box.shot, at), blockUnder(at)(box.shot));
    tip.style.left = `${Math.min(px + 14, stage.clientWidth - tip.offsetWidth - 4)}px`;
    tip.style.top = `${py + 18 + tip.offsetHeight > stage.clientHeight ? py - tip.offsetHeight - 10 : py + 18}px`;
    if (!app.selected) details(at, blockUnder(at), null);
  }
  redraw();
}

function onMove(e) {
  if (!app.now) return;
  const [x, y] = pointOf(e), old = pointers.get(e.pointerId);
  if (!old) return hover(x, y);
  if (pointers.size === 1) {
    move(old.x - x, old.y - y);
    old.moved += Math.abs(old.x - x) + Math.abs(old.y - y);
    canvas.classList.toggle("drag", old.moved > 5);
  } else {
    const other = [...pointers.entries()].find(([id]) => id !== e.pointerId)[1];
    zoom(Math.hypot(x - other.x, y - other.y) / Math.max(1, Math.hypot(old.x - other.x, old.y - other.y)), (x + other.x) / 2, (y + other.y) / 2);
    old.moved = 99;
  }
  old.x = x;
  old.y = y;
}

function onUp(e) {
  const old = pointers.get(e.pointerId);
  pointers.delete(e.pointerId);
  canvas.classList.remove("drag");
  if (old && old.moved <= 5 && e.type === "pointerup") select(under(old.x, old.y).at);
}

function listen() {
  addEventListener("keydown", onKey);
  canvas.addEventListener("pointerdown", (e) => {
    const [x, y] = pointOf(e);
    pointers.set(e.pointerId, { x, y, moved: 0 });
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointermove", onMove);
  canvas.addEventListener("pointerup", onUp);
  canvas.addEventListener("pointercancel", onUp);
  canvas.addEventListener("pointerleave", () => { app.hover = null; $("tip").hidden = true; redraw(); });
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); if (app.now) zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0018)), ...pointOf(e)); }, { passive: false });
  canvas.addEventListener("dblclick", (e) => zoom(4, ...pointOf(e)));
  $("in").onclick = ACTIONS["+"];
  $("out").onclick = ACTIONS["-"];
  $("fit").onclick = ACTIONS["0"];
  $("theme").onclick = ACTIONS.d;
  $("help").onclick = ACTIONS["?"];
  $("search").onsubmit = (e) => { e.preventDefault(); find($("address").value); };
  new ResizeObserver(() => { /* before the next picture is shown: not stretched for a moment */
    if (app.fitted) fit();
    drawAll();
  }).observe(stage);
}

/* ---- begin ---- */

function choices(id, name, options, choose) {
  $(id).replaceChildren(make("span", { className: "name" }, name), ...options.map(([value, words]) =>
    make("label", {}, make("input", { type: "radio", name: id, value, onchange: () => choose(value) }), words)));
}

function titles() {
  const h = app.now.head, what = h.program || h.target;
  document.title = `${what} \u2013 mica map`;
  $("title").textContent = what;
  $("subtitle").textContent = `${h.target} \u00b7 ${h.when} \u00b7 mica ${h.mica}` + (app.before ? ` \u00b7 against ${app.before.head.when}` : "") + ` \u00b7 ${sizeText(app.now.sums.used)} in blocks`;
}

async function begin() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  setTheme(wanted.has("theme") ? wanted.get("theme") === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  app.now = await readSnapshot($("now").textContent);
  if ($("before")) {
    const before = await readSnapshot($("before").textContent);
    compare(app.now, before, true);
    compare(before, app.now, false);
    app.before = before;
  }
  for (const id of ["now", "before"]) if ($(id)) $(id).textContent = "";
  choices("ways", "by", Object.entries(WAYS).filter(([k]) => k !== "change" || app.before).map(([k, w]) => [k, w.words]), setWay);
  choices("views", "show", [["now", "now"], ["before", "before"], ["both", "both"]], setView);
  $("views").hidden = !app.before;
  titles();
  showBar(app.now);
  showTotals(app.now, app.before);
  for (const shot of [app.now, app.before]) if (shot) shot.textures = [];
  app.view = app.before ? wanted.get("view") || "both" : "now";
  fit();
  if (app.before) setView(app.view);
  setWay(WAYS[wanted.get("by")] ? wanted.get("by") : app.before ? "change" : "class");
  listen();
  $("wait").hidden = true;
  if (wanted.get("at")) find(wanted.get("at"));
  if (wanted.get("zoom")) centre(Number(wanted.get("zoom")) / app.camera.scale);
  drawAll();
  /* What was unpacked and drawn, for who looks at this page by program. */
  Object.assign(document.body.dataset, { drawn: "yes", pages: app.now.sums.pages, slices: app.now.sums.slices, used: app.now.sums.used, paged: app.now.sums.paged,
    dirty: app.now.sums.dirty, waiting: app.now.sums.waiting, milliseconds: Math.round(performance.now() - app.began) });
}

begin().catch((e) => {
  $("wait").hidden = false;
  $("wait").textContent = typeof DecompressionStream === "undefined" ? "This browser is too old to unpack the snapshot (it has no DecompressionStream)." : `The snapshot cannot be read: ${e.message}`;
  document.body.dataset.drawn = "no";
});
