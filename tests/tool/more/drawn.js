/* drawn.js -- checks of the page of mica map, within it. When they were made they stand in an element of their own, a line each. */
const lines = [];
const check = (name, holds, found = "") => lines.push(holds ? `PASS ${name}` : `FAIL ${name} ${String(found).replace(/[<\n]/g, " ")}`);
const press = (key, more = {}) => $("map").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
const words = () => $("details").textContent;

/* Pixels of the canvas by colour, as drawn now. */
function pixels() {
  drawAll();
  const d = $("map").getContext("2d").getImageData(0, 0, $("map").width, $("map").height).data, counts = new Map();
  for (let i = 0; i < d.length; i += 4) {
    const key = d[i] << 16 | d[i + 1] << 8 | d[i + 2];
    counts.set(key, (counts.get(key) || 0) + 1);
  }
  return counts;
}
const count = (counts, c) => counts.get(c[0] << 16 | c[1] << 8 | c[2]) || 0;

/* Large blocks are drawn in one colour, whole: the surface that has it is their share. */
function checkSurface() {
  setWay("class");
  setView("now");
  press("0");
  const shot = app.now, ratio = devicePixelRatio ** 2 * app.camera.scale ** 2;
  let slices = 0;
  for (let p = 0; p < shot.sums.pages; p++) {
    const place = app.layout.byBase.get(shot.areas[shot.itemArea[shot.pageItem[p]]].base);
    if (classOf(shot, p) === SINGLE) slices += place.single ? place.width * (place.height - LABEL) : slicesOf(shot, p);
  }
  const found = count(pixels(), LARGE) / ratio;
  check("large blocks have the surface that they should", found > slices * 0.7 && found < slices * 1.3, `${found} of ${slices}`);
  check("there are colours", pixels().size > 8, pixels().size);
}

/* Items lie where they are drawn: the place leads back to the item, and has its colour. */
function checkPlaces() {
  const shot = app.now, c = $("map").getContext("2d"), step = Math.max(1, Math.floor(shot.itemPage.length / 200));
  let lost = 0, pale = 0, seen = 0;
  drawAll();
  for (let i = 0; i < shot.itemPage.length; i += step) {
    const piece = piecesOf(shot, app.layout, i)[0], page = shot.itemPage[i];
    if (!piece) continue; /* absent */
    const [x, y] = [piece[0] + 0.5, piece[1] + 0.5], at = sliceAt(app.layout, x, y);
    if (!at || itemOfSlice(shot, at) !== i) lost++;
    if (app.camera.scale < 5 || (page >= 0 && classOf(shot, page) !== SINGLE)) continue;
    const px = c.getImageData((x - app.camera.x) * app.camera.scale * devicePixelRatio, (y - app.camera.y) * app.camera.scale * devicePixelRatio, 1, 1).data;
    seen++;
    if (packed(px) !== shot.shade[i]) pale++;
  }
  check("places lead back to items", lost === 0, lost);
  check("places have their items' colours", pale <= seen / 50, `${pale} of ${seen}`); /* a word may stand there */
}

/* Bytes of blocks by what is known, for who compares. */
function sumBlocks() {
  const shot = app.now, sums = [0, 0, 0, 0];
  for (const p of shot.mapAt.keys()) for (let b = 0, map = mapOf(shot, p); b < carvedBlocks(shot, p); b++) sums[map(b)] += blockSize(shot, p);
  document.body.dataset.blocks = sums.join(" ");
}

function checkWays() {
  for (const [key, way] of Object.entries(WAY_KEYS)) {
    press(key);
    const there = way !== "change" || app.before !== null;
    check(`key ${key}`, (app.way === way) === there, app.way);
    check(`a legend by ${app.way}`, document.querySelectorAll("#legend .line").length > 3);
  }
  setWay("fill");
  const line = document.querySelector("#legend button.line");
  line.click();
  check("the legend picks out pages", app.chosen !== null);
  press("Escape");
  check("and no more", app.chosen === null);
}

function checkKeys() {
  press("0");
  press("ArrowRight");
  check("an arrow selects the first slice", app.selected && app.selected.slice % SEGMENT_SLICES === 0, JSON.stringify(app.selected));
  const first = app.selected;
  if (!first.place.single) {
    press("ArrowRight");
    check("an arrow goes to the next", app.selected.slice === first.slice + 1);
    press("ArrowDown");
    check("an arrow goes down", app.selected.slice === first.slice + 9);
    check("what is there is said", /KiB/.test(words()), words());
  }
  const scale = app.camera.scale;
  press("+");
  check("+ goes nearer", app.camera.scale > scale);
  press("Enter");
  check("Enter goes near", app.camera.scale >= Math.min(400, stage.clientWidth * 0.8 / 8), app.camera.scale);
  const dark = document.documentElement.classList.contains("dark");
  press("d");
  check("d: light or dark", document.documentElement.classList.contains("dark") !== dark);
  press("d");
  press("?");
  check("?: the words", $("words").open);
  $("words").close();
  press("Escape");
  press("0");
  check("0 shows all", app.fitted && app.selected === null);
}

/* Each block of some pages is found where it is drawn, and by its address. */
function checkBlocks() {
  const shot = app.now, pages = [...shot.mapAt.keys()].filter((p) => carvedBlocks(shot, p) > 3).slice(0, 5);
  check("there are pages with known blocks", pages.length > 0);
  for (const p of pages) {
    const block = Math.floor(carvedBlocks(shot, p) / 2), address = firstBlock(shot, p) + block * blockSize(shot, p);
    $("address").value = hex(address);
    $("search").requestSubmit();
    check(`block ${block} of page ${p} is found`, words().includes(`block ${block} at ${hex(address)}: ${BLOCK_WORDS[mapOf(shot, p)(block)]}`), words());
    check(`page ${p} is in sight`, isInSight(app.selected));
    const n = blockCounts(shot, p);
    check(`page ${p}: its blocks are all told`, n.used + n.cached + n.waiting + n.listed + n.uncarved === totalBlocks(shot, p), JSON.stringify(n));
    for (const b of [0, block, carvedBlocks(shot, p) - 1]) {
      const item = shot.pageItem[p], at = firstBlock(shot, p) + (b + 0.5) * blockSize(shot, p) - addressOfItem(shot, item), g = gridOf(shot, p);
      const one = slicesOf(shot, p) === 1, slice = shot.itemFirst[item] + Math.floor(at / SLICE);
      const point = one ? { dx: (b % g.columns + 0.5) / g.columns, dy: (Math.floor(b / g.columns) + 0.5) / g.rows } : { dx: at % SLICE / SLICE, dy: 0.5 };
      check(`block ${b} of page ${p} is under its point`, blockAtPoint(shot, p, { slice, ...point }) === b);
    }
  }
  for (const wrong of ["0x10", "tail"]) {
    $("address").value = wrong;
    $("search").requestSubmit();
    check(`${wrong} is not found`, /not in memory of mica|no address/.test(words()), words());
  }
}

function checkPointer() {
  press("Escape");
  press("0");
  const box = $("map").getBoundingClientRect(), place = app.layout.places[0];
  const x = (place.x + 0.5 - app.camera.x) * app.camera.scale, y = (place.y + LABEL + 0.5 - app.camera.y) * app.camera.scale;
  const send = (type, dx = 0) => $("map").dispatchEvent(new PointerEvent(type, { clientX: box.left + x + dx, clientY: box.top + y, pointerId: 1, bubbles: true }));
  send("pointermove");
  check("the pointer is told what is there", !$("tip").hidden && $("tip").textContent.length > 3, $("tip").textContent);
  const scale = app.camera.scale;
  $("map").dispatchEvent(new WheelEvent("wheel", { clientX: box.left + x, clientY: box.top + y, deltaY: -300, bubbles: true, cancelable: true }));
  check("the wheel goes nearer", app.camera.scale > scale);
  check("and keeps the place under the pointer", under(x, y).at !== null);
}

function checkChange() {
  if (!app.before) return;
  const pages = (shot) => Object.values(shot.changed).reduce((a, b) => a + b, 0);
  check("every page of now is born, fuller, emptier or the same", pages(app.now) === app.now.sums.pages && app.now.changed.gone === 0);
  check("every page of before is gone, or still there", pages(app.before) === app.before.sums.pages && app.before.changed.born === 0);
  check("what stayed is the same number in both", app.now.sums.pages - app.now.changed.born === app.before.sums.pages - app.before.changed.gone);
  check("what is fuller is so in both", app.now.changed.fuller === app.before.changed.fuller);
  const key = (shot, p) => `${addressOfItem(shot, shot.pageItem[p])} ${classOf(shot, p)}`, was = new Map();
  for (let p = 0; p < app.before.sums.pages; p++) was.set(key(app.before, p), usedBlocks(app.before, p));
  const wanted = { born: 0, fuller: 0, emptier: 0, same: 0, gone: 0 };
  for (let p = 0; p < app.now.sums.pages; p++) {
    const before = was.get(key(app.now, p)), now = usedBlocks(app.now, p);
    wanted[before === undefined ? "born" : now > before ? "fuller" : now < before ? "emptier" : "same"]++;
  }
  check("what changed, counted otherwise", JSON.stringify(Object.entries(wanted).sort()) === JSON.stringify(Object.entries(app.now.changed).sort()), JSON.stringify([wanted, app.now.changed]));
  press("0");
  for (const view of ["both", "before", "now"]) {
    setView(view);
    setWay("change");
    const counts = pixels();
    check(`view ${view}: what is born`, (count(counts, CHANGES.born) > 100) === (view !== "before"));
    check(`view ${view}: what is gone`, (count(counts, CHANGES.gone) > 100) === (view !== "now"));
  }
  check("the totals tell the difference", $("totals").querySelectorAll("th").length === 4);
}

(async () => {
  while (!document.body.dataset.drawn) await new Promise((again) => setTimeout(again, 20));
  try {
    check("it is drawn", document.body.dataset.drawn === "yes", $("wait").textContent);
    for (const part of [checkSurface, checkPlaces, sumBlocks, checkWays, checkKeys, checkBlocks, checkPointer, checkChange]) part();
    check("the end", true);
  } catch (e) {
    check("no error", false, e.stack);
  }
  document.body.append(make("pre", { id: "lines" }, lines.join("\n")));
})();
