/* map_panel.js -- what stands around the map: the totals, the legend, and the words on what is pointed at. */
const $ = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) k in e && k !== "style" ? e[k] = v : e.setAttribute(k, v);
  e.append(...children);
  return e;
}
const swatch = (colour) => make("span", { className: "swatch", style: `background:${css(colour)}` });

/* ---- totals ---- */

/* What the memory that mica holds is used for, [words, bytes, colour]. */
function shares(shot) {
  const s = shot.sums;
  return [["in blocks", s.used, STATES.full], ["ready in threads' caches", s.cached, [120, 134, 220]],
    ["waiting for their owner", s.waiting, palette.waiting], ["free in pages", s.paged - s.used - s.cached - s.waiting, [170, 184, 214]],
    ["free slices, dirty", s.dirty, palette.dirty], ["mica's own", s.own, palette.head], ["free slices, clean", s.clean + s.gone, palette.clean]];
}

function showBar(shot) {
  const all = shares(shot), whole = all.reduce((sum, [, bytes]) => sum + Math.max(0, bytes), 0) || 1;
  $("bar").replaceChildren(...all.filter(([, bytes]) => bytes > 0).map(([words, bytes, colour]) => {
    const dark = colour[0] * 0.3 + colour[1] * 0.6 + colour[2] * 0.1 < 140, narrow = bytes / whole < 0.05;
    return make("div", { className: narrow ? "narrow" : "", title: `${words}: ${sizeText(bytes)}, ${(100 * bytes / whole).toFixed(1)} %`,
      style: `flex:${bytes / whole};background:${css(colour)};color:${dark ? "#fff" : "#101820"}` }, `${words} ${sizeText(bytes)}`);
  }));
  $("bar").setAttribute("aria-label", all.map(([words, bytes]) => `${words} ${sizeText(bytes)}`).join(", "));
}

function totalLines(shot) {
  const s = shot.sums, t = shot.head.totals;
  const lines = [["in blocks", s.used, "in"], ["in caches", s.cached, "in"], ["waiting", s.waiting, "in"],
    ["free in pages", s.paged - s.used - s.cached - s.waiting, "in"], ["under pages", s.paged, "sum"],
    ["free, dirty", s.dirty, ""], ["free, clean", s.clean + s.gone, ""], ["mica's own", s.own, ""],
    ["address space", t.mapped, "sum"]];
  if (t.resident > 0) lines.push(["resident", t.resident, ""]);
  return lines;
}

function showTotals(now, before) {
  const earlier = before ? totalLines(before) : null;
  const rows = totalLines(now).map(([words, bytes, kind], i) => {
    const cells = [make("td", {}, words)];
    if (earlier) {
      const was = earlier[i] ? earlier[i][1] : 0, more = bytes - was;
      cells.push(make("td", {}, sizeText(was)), make("td", {}, sizeText(bytes)), make("td", {}, more === 0 ? "=" : (more > 0 ? "+" : "\u2212") + sizeText(Math.abs(more))));
    } else cells.push(make("td", {}, sizeText(bytes)));
    return make("tr", { className: kind }, ...cells);
  });
  const counts = [["pages", now.sums.pages, before && before.sums.pages], ["large blocks", now.sums.singles, before && before.sums.singles]];
  for (const [words, n, was] of counts)
    rows.push(make("tr", {}, make("td", {}, words), ...(before ? [make("td", {}, countText(was))] : []), make("td", {}, countText(n)),
      ...(before ? [make("td", {}, n === was ? "=" : (n > was ? "+" : "\u2212") + countText(Math.abs(n - was)))] : [])));
  if (earlier) rows.unshift(make("tr", {}, ...["", "before", "now", "change"].map((w) => make("th", {}, w))));
  if (now.head.unsure > 0) rows.push(make("tr", {}, make("td", { colSpan: 4 }, `${countText(now.head.unsure)} records (pages, threads, arenas, counters) changed while they were read; their figures may be off.`)));
  $("totals").className = earlier ? "four" : "";
  $("totals").replaceChildren(...rows);
}

/* ---- legend ---- */

const LEGEND_LINES = 10;

function legendLine(line, chosen, pick) {
  const amount = line.count !== undefined ? countText(line.count) : sizeText(line.bytes);
  const title = line.bytes ? `${sizeText(line.bytes)} under pages, ${Math.round(100 * line.used / line.bytes)} % of it in use` : "";
  return make("button", { className: "line", title, ariaPressed: chosen === line.key ? "true" : "false", onclick: () => pick(line.key) },
    swatch(line.colour), make("span", {}, line.words), make("span", { className: "amount" }, amount));
}

const fixedLine = (sample, words) => make("div", { className: "line fixed" }, sample, make("span", {}, words));

function showLegend(shot, before, way, chosen, pick) {
  const all = WAYS[way].legend(shot, before).filter((line) => line.bytes > 0 || line.count > 0);
  if (way === "class" || way === "thread") all.sort((a, b) => b.bytes - a.bytes);
  const parts = all.slice(0, LEGEND_LINES).map((line) => legendLine(line, chosen, pick));
  if (all.length > LEGEND_LINES) {
    const rest = all.slice(LEGEND_LINES);
    parts.push(make("button", { className: "line", onclick: (e) => e.currentTarget.replaceWith(...rest.map((line) => legendLine(line, chosen, pick))) },
      make("span", {}, ""), make("span", {}, `and ${rest.length} more`), make("span", { className: "amount" }, sizeText(rest.reduce((sum, l) => sum + l.bytes, 0)))));
  }
  if (way === "class")
    parts.unshift(make("div", { className: "ramp", style: `background:linear-gradient(90deg,${SIZES.map(css).join(",")})` }),
      make("div", { className: "ends" }, make("span", {}, "16 B"), make("span", {}, "1 KiB"), make("span", {}, "64 KiB")));
  parts.push(make("p", { className: "more" }, "Each page is filled to the height to which its blocks are in use. And:"),
    make("div", { className: "pair" }, fixedLine(make("span", { className: "swatch waiting" }), "waiting for its owner"), fixedLine(swatch(palette.dirty), "free slice, dirty"),
      fixedLine(swatch(palette.head), "mica's own"), fixedLine(swatch(palette.clean), "free slice, clean")));
  $("legend-title").textContent = `Colours: pages by ${WAYS[way].words}`;
  $("legend").replaceChildren(...parts);
}

/* ---- what is at a place ---- */

const lineOf = (words, value) => `${words} ${value}`;

function meter(parts) {
  const whole = parts.reduce((sum, [n]) => sum + n, 0) || 1;
  return make("div", { className: "meter" }, ...parts.filter(([n]) => n > 0).map(([n, colour]) => make("div", { style: `flex:${n / whole};background:${css(colour)}` })));
}

/* Blocks of a page by what is known: [in use, cached, waiting, listed, uncarved]. */
function blockCounts(shot, p) {
  const map = mapOf(shot, p), carved = carvedBlocks(shot, p);
  if (!map) return { used: usedBlocks(shot, p), cached: 0, waiting: waitingBlocks(shot, p), listed: listedBlocks(shot, p), uncarved: totalBlocks(shot, p) - carved, seen: false };
  const n = [0, 0, 0, 0];
  for (let b = 0; b < carved; b++) n[map(b)]++;
  return { used: n[BLOCK.USED], cached: n[BLOCK.CACHED], waiting: n[BLOCK.WAITING], listed: n[BLOCK.LISTED], uncarved: totalBlocks(shot, p) - carved, seen: true };
}

function describePage(shot, p, block, address) {
  const single = classOf(shot, p) === SINGLE, size = blockSize(shot, p), item = shot.pageItem[p], start = addressOfItem(shot, item);
  const colour = WAYS.class.colour(shot, p), out = [];
  out.push(make("p", { className: "what" }, swatch(colour), single ? ` one large block of ${sizeText(size)}` : ` page of ${sizeText(size)} blocks`));
  out.push(make("p", {}, make("code", {}, `${hex(start)} \u2026 ${hex(start + slicesOf(shot, p) * SLICE)}`), `, ${sizeText(slicesOf(shot, p) * SLICE)}`));
  if (single) return out.concat(make("p", {}, `block at ${hex(firstBlock(shot, p))}`));
  const n = blockCounts(shot, p), total = totalBlocks(shot, p);
  out.push(make("p", {}, `${pageWords(shot, p)}`), make("p", {}, lineOf("owner:", ownerWords(shot, shot.columns.page_owner[p]))));
  out.push(meter([[n.used, colour], [n.cached, mix(colour, palette.paper, 0.45)], [n.waiting, palette.waiting], [n.listed, palette.listed], [n.uncarved, palette.paper]]));
  out.push(make("p", {}, `of ${countText(total)} blocks ${countText(n.used)} ${n.seen ? "in use" : "in use or in a cache"}` +
    [[n.cached, "in caches"], [n.waiting, "waiting for the owner"], [n.listed, "free on the page's list"], [n.uncarved, "never cut"]]
      .filter(([k]) => k > 0).map(([k, w]) => `, ${countText(k)} ${w}`).join("")));
  if (!n.seen) out.push(make("p", { className: "more" }, "Its blocks were not looked at one by one (mica map --blocks)."));
  if (!isSure(shot, p)) out.push(make("p", { className: "more" }, "It changed while it was read: the figures may be off."));
  if (block >= 0) out.push(describeBlock(shot, p, block, address));
  return out;
}

function describeBlock(shot, p, block, address) {
  const at = firstBlock(shot, p) + block * blockSize(shot, p), map = mapOf(shot, p);
  const state = block >= carvedBlocks(shot, p) ? "never cut" : map ? BLOCK_WORDS[map(block)] : "carved";
  const inside = address !== null && address > at ? `, ${address - at} bytes into it` : "";
  return make("p", {}, make("b", {}, `block ${block}`), " at ", make("code", {}, hex(at)), inside, `: ${state}`);
}

function describeItem(shot, item, block = -1, address = null) {
  if (item < 0) return [make("p", {}, "No memory of mica's is here.")];
  const p = shot.itemPage[item];
  if (p >= 0) return describePage(shot, p, block, address);
  const start = addressOfItem(shot, item), n = shot.columns.item_slices[item];
  return [make("p", { className: "what" }, swatch(itemColour(shot, item, "class")), ` ${KIND_WORDS[shot.columns.item_kind[item]]}`),
    make("p", {}, make("code", {}, `${hex(start)} \u2026 ${hex(start + n * SLICE)}`), `, ${n === 1 ? "a slice" : `${countText(n)} slices`}, ${sizeText(n * SLICE)}`)];
}

/* One line, for the pointer. */
function tipOf(shot, item, block) {
  if (item < 0) return "nothing is mapped here";
  const p = shot.itemPage[item];
  if (p < 0) return `${KIND_WORDS[shot.columns.item_kind[item]]} \u00b7 ${sizeText(shot.columns.item_slices[item] * SLICE)}`;
  if (classOf(shot, p) === SINGLE) return `large block, ${sizeText(blockSize(shot, p))}`;
  const map = mapOf(shot, p), name = block >= 0 && map ? ` \u00b7 block ${block}: ${block < carvedBlocks(shot, p) ? BLOCK_WORDS[map(block)] : "never cut"}` : "";
  return `${sizeText(blockSize(shot, p))} \u00d7 ${usedBlocks(shot, p)} of ${totalBlocks(shot, p)} \u00b7 ${ownerWords(shot, shot.columns.page_owner[p])} \u00b7 ${stateOf(shot, p)}${name}`;
}
