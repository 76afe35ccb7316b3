"""Style and script of the HTML report."""

from ligeia.plots.palette import DARK_BACKGROUND

STYLE = """
:root{--ink:#1b1d22;--soft:#5a606b;--rule:#d8dbe1;--paper:#ffffff;--shade:#f4f5f7}
@media (prefers-color-scheme:dark){
:root{--ink:#e7e9ee;--soft:#a3a9b5;--rule:#363b45;--paper:DARK;--shade:#1e222a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1500px;padding:1rem 1.5rem 4rem;background:var(--paper);color:var(--ink);
font:15px/1.45 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.6rem;margin:.5rem 0}
h2{font-size:1.3rem;margin:2.5rem 0 .75rem;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
h3{font-size:1.05rem;margin:1.75rem 0 .5rem}
p{max-width:75ch;color:var(--soft);margin:.4rem 0}
#controls{position:sticky;top:0;z-index:1;background:var(--paper);padding:.6rem 0;
border-bottom:1px solid var(--rule);display:flex;flex-wrap:wrap;gap:1.5rem}
[hidden],#controls[hidden]{display:none}
select{font:inherit;color:inherit;background:var(--shade);border:1px solid var(--rule);border-radius:4px;
padding:.15rem .4rem;max-width:min(100%,22rem)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(520px,100%),1fr));gap:1.5rem}
figure{margin:0;max-width:820px;min-width:0}
figcaption{font-weight:600;overflow-wrap:anywhere}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:.35rem 0;padding:0;font-size:.87rem}
.legend li{display:flex;align-items:center;gap:.4rem}
.legend svg{width:28px;height:16px;flex:none}
figure>svg{display:block;width:100%;height:auto}
.defs{position:absolute;width:0;height:0}
.axis text{font-size:12px;fill:var(--soft);text-anchor:middle}
.axis.y text{text-anchor:end}
.axis.y .turned{text-anchor:middle}
.grid{stroke:var(--rule);stroke-width:1}
.base{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.bar{fill:none;stroke:var(--c);stroke-width:1.3;opacity:.55}
.lossless{fill:none;stroke:var(--c);stroke-width:1.8;stroke-dasharray:2 4;stroke-linecap:round}
.curve use{fill:var(--c);stroke:var(--paper);stroke-width:1}
.partial use{fill:var(--paper);stroke:var(--c);stroke-width:1.6}
.curve{transition:opacity .1s}
svg:has(.point:hover) .curve:not(:has(.point:hover)){opacity:.2}
circle.reach{fill:transparent}
path.reach{stroke:transparent;stroke-width:12}
.scroll{overflow-x:auto;margin-bottom:1rem}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .65rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule);
min-width:3rem;max-width:60ch;overflow-wrap:break-word;unicode-bidi:isolate}
th{white-space:nowrap}
th.number,td.number{text-align:right;white-space:nowrap}
tr.new td{border-top:2px solid var(--soft)}
tbody tr:hover{background:var(--shade)}
#tip{position:fixed;z-index:2;pointer-events:none;white-space:pre-line;padding:.35rem .6rem;font-size:.85rem;
background:var(--ink);color:var(--paper);border-radius:4px;max-width:24rem}
@media print{#controls{display:none}}
""".replace("DARK", DARK_BACKGROUND)
"""The page in light and, where the reader prefers it, in dark; a family's class gives `--c`."""

SCRIPT = """
"use strict";
(() => {
const one = id => document.getElementById(id), tip = one("tip");
const menus = ["metric", "group"];
const unwanted = (part, name) =>
  name in part.dataset && one(name).value !== "" && part.dataset[name] !== one(name).value;
function show() {
  for (const part of document.querySelectorAll("[data-group],[data-metric]"))
    part.hidden = menus.some(name => unwanted(part, name));
}
for (const name of menus) one(name).addEventListener("change", show);
one("group").value = "";
one("controls").hidden = false;
show();
for (const point of document.querySelectorAll(".point")) {
  const title = point.querySelector("title"), said = title.textContent;
  title.remove();
  point.setAttribute("aria-label", said);
  point.addEventListener("pointermove", event => {
    tip.textContent = said;
    tip.hidden = false;
    const right = event.clientX + 14 + tip.offsetWidth > innerWidth;
    const low = event.clientY + 14 + tip.offsetHeight > innerHeight;
    tip.style.left = (right ? event.clientX - 14 - tip.offsetWidth : event.clientX + 14) + "px";
    tip.style.top = (low ? event.clientY - 14 - tip.offsetHeight : event.clientY + 14) + "px";
  });
  point.addEventListener("pointerleave", () => { tip.hidden = true; });
}
})();
"""
"""Menus that choose metric and group, and the text of a point under the pointer."""
