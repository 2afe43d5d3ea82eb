"""What the report's page adds to the style sheet of the comparison's (`iotrace.comparing.style`).

Colours and patterns are the same."""

from __future__ import annotations

from typing import Final

MORE: Final = """
:root { --copy-in: #4d6a00; --copy-out: #00664f; --event: #6547a8; --accent: #00664f; --wasted: #a35200;
  --soft: #eef1f3; }
@media (prefers-color-scheme: dark) {
  :root { --copy-in: #b7c98a; --copy-out: #7fd4c1; --event: #b7a4e0; --accent: #7fd4c1; --wasted: #e69f00;
    --soft: #1b2027; }
}
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 12px; }
main { padding-top: 24px; max-width: 1280px; } figure { max-width: none; }
h2 { margin: 44px 0 6px; font-size: 20px; } h3 { font-size: 15px; margin: 20px 0 6px; }
section > p.faint { margin: 0 0 12px; max-width: 110ch; } th, td { padding: 5px 9px; }
tr > :first-child { padding-left: 12px; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; unicode-bidi: isolate; }
code { font-size: .92em; overflow-wrap: anywhere; } a { color: var(--l0); } small { color: var(--faint); }
:focus-visible { outline: 2px solid var(--l0); outline-offset: 2px; }
.brand { margin: 0; letter-spacing: .02em; } h1 { font-size: 24px; line-height: 1.3; margin: 0 0 12px; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 28px; margin: 0; font-size: 14px; }
.facts dt { color: var(--faint); font-size: 12px; } .facts dd { margin: 0; }
.warning { border-left: 4px solid var(--worst); padding: 4px 12px; margin: 12px 0 0; background: var(--soft); }
.tiles { list-style: none; margin: 20px 0 0; padding: 0; display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); }
.tiles li { background: var(--soft); border-radius: 8px; padding: 10px 14px; display: flex;
  flex-direction: column; }
.tiles span, .tiles small { color: var(--faint); font-size: 12px; line-height: 1.35; }
.tiles b { font-size: 22px; line-height: 1.35; font-variant-numeric: tabular-nums; }
nav { margin: 18px 0 0; font-size: 14px; display: flex; flex-wrap: wrap; gap: 4px 16px; }
.finding { border: 1px solid var(--rule); border-left: 5px solid var(--faint); border-radius: 6px;
  padding: 10px 16px; margin: 10px 0; break-inside: avoid; } .finding.high { border-left-color: var(--worst); }
.finding.medium { border-left-color: var(--wasted); } .finding h3 { margin: 0; font-size: 16px; }
.finding p { margin: 6px 0; max-width: 90ch; }
.mark { display: inline-block; min-width: 74px; font-size: 13px; color: var(--faint); }
.high .mark { color: var(--worst); } .medium .mark { color: var(--wasted); }
.advice { color: var(--accent); font-weight: 600; } .fine { color: var(--accent); }
.evidence { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 8px 0; font-size: 13px; }
.evidence dt { color: var(--faint); display: inline; }
.evidence dd { margin: 0 0 0 5px; display: inline; font-variant-numeric: tabular-nums; }
.calls { list-style: none; margin: 8px 0 2px; padding: 0; font-size: 13px; }
.calls li { max-width: none; padding: 1px 0; } .calls span { color: var(--faint); margin-right: 6px; }
.calls a { margin-right: 8px; } .calls li:target, .calls li:has(:target) { background: var(--soft); }
.stack { width: 100%; height: 14px; margin: 0; border-radius: 2px; }
.whole .stack { height: 30px; margin: 8px 0 12px; }
.swatch { width: 22px; height: 14px; display: inline-block !important; } td.bar { min-width: 130px; }
td.left, th.left { text-align: left; } td small { display: block; }
td.long { white-space: normal; min-width: 240px; max-width: 420px; overflow-wrap: anywhere; }
td.wasted { color: var(--wasted); } td .wasted { color: var(--wasted); }
.scroll { max-height: 560px; overflow: auto; }
thead th { background: var(--page); position: sticky; top: 0; z-index: 2; } thead th:first-child { z-index: 3; }
.sortable th[aria-sort] { color: var(--text); } .sortable button { all: unset; cursor: pointer; }
.sortable button:focus-visible { outline: 2px solid var(--l0); } .times { width: 100%; table-layout: fixed; }
.times tbody tr { background: none; }
.times td, .times th { border: 0; padding: 4px 8px; background: none !important; }
.times th { font-weight: 400; width: 84px; padding-left: 0 !important; } .times td { width: 88px; }
.times .wide { width: 46%; } .times .wide svg { min-width: 0; }
.times .said { width: auto; text-align: left; color: var(--faint); white-space: normal; }
path.user { fill: var(--user); } path.kernel { fill: url(#kernel); } path.blocked { fill: url(#blocked); }
path.runnable { fill: url(#runnable); }
path.border, line.border { stroke: var(--faint); stroke-width: 1; fill: none;
  vector-effect: non-scaling-stroke; } .timeline { margin-top: 12px; position: relative; }
.lane { display: grid; grid-template-columns: 150px 1fr; gap: 0 12px; align-items: center;
  border-top: 1px solid var(--rule); padding: 3px 0; break-inside: avoid; }
.who { font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; line-height: 1.3;
  unicode-bidi: isolate; } .who small { display: block; } .track { height: 41px; margin: 0; width: 100%; }
.ready .track { cursor: crosshair; touch-action: pan-y; }
.axis { margin-left: 162px; height: 20px; position: relative; font-size: 12px; color: var(--faint); }
.axis span { position: absolute; bottom: 0; white-space: nowrap; border-left: 1px solid var(--rule);
  padding-left: 3px; }
.axis .phase { bottom: 17px; border: 0; border-bottom: 3px solid var(--event); color: var(--event);
  overflow: hidden; padding: 0; min-width: 2px; } .axis:has(.phase) { height: 38px; }
.tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin: 4px 0; }
.tools[hidden] { display: none; }
.tools button { font: inherit; font-size: 14px; min-width: 34px; padding: 2px 8px; border-radius: 6px;
  cursor: pointer; border: 1px solid var(--rule); background: var(--soft); color: var(--text); }
output { font-variant-numeric: tabular-nums; min-height: 21px; width: 100%; } .hint { font-size: 13px; }
.chosen { fill: var(--l0); opacity: .25; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr));
  gap: 14px 28px; } .card { margin: 0; break-inside: avoid; } .card figcaption { font-size: 13px; }
.hist { height: auto; margin: 4px 0 0; } .hist rect.wall { fill: var(--bar); } .grid { opacity: .6; }
svg .tick { font-size: 11px; } .hist .tick { transform: translateX(2px); }
rect.copied-in { fill: var(--copy-in); } rect.copied-out { fill: var(--copy-out); }
rect.control { fill: url(#control); } .set { margin: 14px 0; max-width: none; }
.set pre { margin: 0; padding: 10px 12px; font-size: 13px; line-height: 1.4; }
pre .faint { font-size: inherit; } pre .strong { font-weight: 700; } pre .wasted { color: var(--wasted); }
pre .accent, pre .copy_out { color: var(--accent); } pre .copy_in { color: var(--copy-in); }
pre .blocked { color: var(--faint); } pre .kernel { color: var(--kernel); } pre .failed { color: var(--worst); }
pre .cursor { background: var(--user); color: var(--page); }
.figure { display: grid; grid-template-columns: minmax(0, 800px) minmax(220px, 1fr); gap: 8px 28px; }
.figure .scroll { border: 0; max-height: none; } .story { min-width: 620px; max-width: 800px; }
.story rect.outline { fill: none; stroke: var(--rule); } .figure .facts { flex-direction: column; }
.story .strong { font-weight: 700; fill: var(--text); } .story .phase, .story .name { fill: var(--text); }
.story .phase { fill: var(--accent); } .bracket { stroke: var(--accent); fill: none; stroke-width: 1.5; }
.story .arrow { fill: none; stroke: currentColor; stroke-width: 1.3; } .story .tip { fill: currentColor; }
.story g { color: var(--text); } .story g text { fill: currentColor; font-size: 12.5px; }
.story g.payload { color: var(--copy-out); } .story g.failed { color: var(--worst); }
.before { margin: 0; padding: 0; list-style: none; font-size: 13px; }
footer { margin-top: 56px; border-top: 1px solid var(--rule); padding-top: 12px; color: var(--faint);
  font-size: 13px; } footer p { max-width: 90ch; margin: 6px 0; }
@media (max-width: 820px) {
  .figure { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 640px) {
  main { padding: 16px 12px 40px; } h1 { font-size: 19px; } .tiles b { font-size: 19px; }
  .lane { grid-template-columns: 1fr; } .who small { display: inline; margin-left: 8px; }
  .axis { margin-left: 0; } .times tr { display: grid; grid-template-columns: 78px 1fr 56px 76px; }
  .times .said { grid-column: 1 / -1; } .times .wide { width: auto; }
  .times td, .times th { padding: 3px 4px; width: auto !important; } .times td.said:empty { display: none; }
  td.long { min-width: 180px; } .tiles { grid-template-columns: repeat(2, 1fr); }
}
@media print {
  :root { color-scheme: light; --page: #fff; --text: #111; --faint: #555; --rule: #bbb; --strip: #f4f4f4;
    --soft: #f4f4f4; --user: #0072b2; --kernel: #b35c00; --blocked: #c3cad2; --runnable: #a0447c;
    --bar: #7c9cb5; --best: #00664f; --worst: #b3261e; --accent: #00664f; --wasted: #a35200;
    --copy-in: #4d6a00; --copy-out: #00664f; }
  body { font-size: 11px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav, .tools { display: none; } main { max-width: none; padding: 0; }
  .scroll { overflow: visible; border: 0; max-height: none; } table { font-size: 8.5px; }
  th, td { padding: 2px 4px; } td.bar { min-width: 60px; } td.long { min-width: 120px; }
  .set pre { font-size: 8px; } th:first-child { position: static; } h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; } .figure { grid-template-columns: 1fr; }
}
"""

CONTROL: Final = """
<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="control" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path
 d="M1 0v5" style="stroke:var(--faint);stroke-width:2"/></pattern></defs></svg>
"""
