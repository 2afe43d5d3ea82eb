"""The style sheet of the page. Colours are those of the terminal's palettes (`tui.drawing.palette`)."""

from __future__ import annotations

from typing import Final

SHEET: Final = """
:root { color-scheme: light dark; --page: #fbfbfa; --text: #24292f; --faint: #5b636c; --rule: #d7dbe0;
  --strip: #f1f3f4; --user: #0072b2; --kernel: #b35c00; --blocked: #c3cad2; --runnable: #a0447c;
  --bar: #7c9cb5; --best: #00664f; --worst: #b3261e; --l0: #0072b2; --l1: #9f5100; --l2: #00664f; --l3: #a0447c;
  --l4: #6547a8; --l5: #4d6a00; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --text: #d4d8de; --faint: #939ca7;
  --rule: #323a44; --strip: #1b2027; --user: #56b4e9; --kernel: #e69f00; --blocked: #4b5563; --runnable: #cc79a7;
  --bar: #54718a; --best: #7fd4c1; --worst: #ff7f50; --l0: #56b4e9; --l1: #e69f00; --l2: #7fd4c1; --l3: #cc79a7;
  --l4: #b7a4e0; --l5: #b7c98a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 40px 0 8px; }
p, li { max-width: 74ch; } .faint, figcaption { color: var(--faint); font-size: 14px; }
.scroll { overflow-x: auto; border: 1px solid var(--rule); border-radius: 6px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--rule); }
tbody tr:nth-child(even) { background: var(--strip); } tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--faint); font-weight: 600; vertical-align: bottom; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); }
tbody tr:nth-child(even) th { background: var(--strip); }
td.best { color: var(--best); font-weight: 700; } td.worst, .failed { color: var(--worst); font-weight: 700; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 8px 32px; }
figure { margin: 12px 0; max-width: 1072px; }
.wide { overflow-x: auto; } .wide svg { min-width: 720px; } figcaption b { color: var(--text); font-size: 15px; }
svg { width: 100%; height: auto; display: block; margin-top: 6px; } svg text { font: 13px system-ui, sans-serif; }
.name, .value { fill: var(--text); } .tick { fill: var(--faint); } .grid { stroke: var(--rule); }
.bar { fill: var(--bar); } .bar.best { fill: var(--best); } .bar.worst { fill: var(--worst); }
rect.user { fill: var(--user); } rect.kernel { fill: url(#kernel); } rect.blocked { fill: url(#blocked); }
rect.runnable { fill: url(#runnable); }
.line { fill: none; stroke-width: 2.5; }
.line0 { stroke: var(--l0); } .line1 { stroke: var(--l1); } .line2 { stroke: var(--l2); }
.line3 { stroke: var(--l3); } .line4 { stroke: var(--l4); } .line5 { stroke: var(--l5); }
.dot { fill: var(--page); stroke-width: 2.5; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 4px 0; list-style: none; }
.key svg { display: inline-block; width: 22px; height: 14px; margin: 0 6px 0 0; vertical-align: -2px; }
"""

PATTERNS: Final = """
<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="kernel" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6"
 style="fill:var(--kernel)"/><path d="M0 3h6" style="stroke:var(--page);stroke-width:1;opacity:.45"/></pattern>
<pattern id="blocked" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5"
 style="fill:var(--blocked);opacity:.35"/><circle cx="2.5" cy="2.5" r="1" style="fill:var(--faint)"/></pattern>
<pattern id="runnable" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect
 width="6" height="6" style="fill:var(--runnable);opacity:.35"/><path d="M1.5 0v6"
 style="stroke:var(--runnable);stroke-width:3"/></pattern></defs></svg>
"""
