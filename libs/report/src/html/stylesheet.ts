/** Light, dark and print share one sheet; charts take their colours from these variables. */
const COLOURS = `
:root{color-scheme:light dark;
--page:#f6f7f9;--card:#fff;--line:#e2e5ea;--text:#1b2028;--soft:#5b6472;--fill:#eff1f4;
--suspects:#c2410c;--others:#3b6fb6;--accent:#3b6fb6;--band:#3b6fb624;
--good:#0f766e;--good-fill:#e3f4f1;--bad:#b42318;--bad-fill:#fdecea;--unsure:#92600a;--unsure-fill:#fdf3da;
--s0:#3b6fb6;--s1:#c2752c;--s2:#4b9a8d;--s3:#8a63a8}
@media screen and (prefers-color-scheme:dark){:root{
--page:#0f1216;--card:#171b21;--line:#2a3039;--text:#e6e9ee;--soft:#9aa4b2;--fill:#20262e;
--suspects:#f58a4b;--others:#79a8e6;--accent:#79a8e6;--band:#79a8e62e;
--good:#4fc7b6;--good-fill:#12312e;--bad:#ff8a7d;--bad-fill:#3a1a18;--unsure:#e9b84e;--unsure-fill:#352a10;
--s0:#79a8e6;--s1:#e0a05c;--s2:#6cc2b3;--s3:#b794d6}}`;

const BASE = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:24px 20px 48px;display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
h1{font-size:28px;line-height:1.2;letter-spacing:-.015em;margin:8px 0 4px}
h2{font-size:18px;line-height:1.3;letter-spacing:-.01em;margin:0}
h3{font-size:14px;margin:22px 0 8px}
p{margin:0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.87em}
code,bdi{overflow-wrap:anywhere}
pre{margin:0;padding:12px 14px;background:var(--fill);border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere}
small{color:var(--soft);font-size:13px}
.card,.banner{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 24px}
.lead{color:var(--soft);margin-top:2px}
.none{color:var(--soft)}
.card>table,.card>.facts,.card>.gallery,.card>.charts,.card>p.none{margin-top:14px}
.card>h3+*{margin-top:8px}
.badge{display:inline-block;padding:1px 9px;border-radius:99px;background:var(--fill);color:var(--soft);
font-size:12.5px;font-weight:600;white-space:nowrap}
.badge.good{background:var(--good-fill);color:var(--good)}
.badge.bad{background:var(--bad-fill);color:var(--bad)}
.badge.unsure{background:var(--unsure-fill);color:var(--unsure)}
details{margin-top:16px}
summary{cursor:pointer;color:var(--soft);font-size:14px;font-weight:600}
footer{color:var(--soft);font-size:13px;text-align:center}`;

const BANNER = `
.banner{display:grid;grid-template-columns:44px minmax(0,1fr) auto;gap:4px 18px;border-top:4px solid var(--tone)}
.banner.good{--tone:var(--good)}.banner.bad{--tone:var(--bad)}.banner.unsure{--tone:var(--unsure)}
.icon{width:44px;height:44px;margin-top:26px}
.icon circle{fill:var(--tone)}
.icon path{fill:none;stroke:var(--card);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.labels{display:flex;gap:6px}
.meaning{color:var(--soft)}
.banner ul{margin:12px 0 0;padding-left:18px}
.banner li{margin:2px 0;overflow-wrap:anywhere}
.headline{display:grid;gap:10px;align-content:start;min-width:190px;padding-left:22px;border-left:1px solid var(--line)}
.tile span:first-child{color:var(--soft);font-size:13px}
.tile p{font-size:20px;line-height:1.25;font-variant-numeric:tabular-nums;white-space:nowrap}
.tile s{color:var(--soft);text-decoration:none;font-size:16px}
.tile .arrow{color:var(--soft)!important;font-size:16px!important}
.run{grid-column:1/-1;margin-top:14px;padding-top:12px;border-top:1px solid var(--line);color:var(--soft);font-size:13px}`;

const TABLES = `
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:8px 12px 8px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
thead th{color:var(--soft);font-size:13px;font-weight:500;padding-top:0}
tbody th{font-weight:600}
tbody th small{display:block;font-weight:400}
.n{text-align:right;white-space:nowrap}
.n+:not(.n),.n+.track-head{padding-left:16px}
.total>*{border-top:1px solid var(--line)}
.change.good{color:var(--good);font-weight:600}.change.bad{color:var(--bad);font-weight:600}
.track{width:23%;min-width:150px}
.compare td.track,.compare td.band-note{padding-left:24px;padding-right:6px}
.compare th.track-head{padding-left:24px;padding-right:6px}
.track-head span:last-child{float:right}
.strip{position:relative;height:22px;background:linear-gradient(var(--line),var(--line)) 0 50%/100% 2px no-repeat}
.strip i{position:absolute;top:50%;transform:translateY(-50%)}
.strip .span{height:3px;background:var(--soft)}
.dot{width:12px;height:12px;margin-left:-6px;border-radius:50%;background:var(--card);border:2px solid var(--soft)}
.dot.after{background:var(--accent);border-color:var(--card);width:14px;height:14px;margin-left:-7px}
.proxy>*{border-top:2px solid var(--line)}
.band-note{color:var(--soft);font-size:13px}
.tokens .bar{width:40%}
.bar div{display:inline-block;width:calc(100% - 72px);height:10px;border-radius:5px;background:var(--fill);vertical-align:middle}
.bar i{display:block;height:100%;border-radius:5px;background:var(--suspects)}
.bar b{display:inline-block;width:64px;text-align:right;font-weight:600}
.facts{display:flex;flex-wrap:wrap;gap:10px 32px;margin:0}
.facts dt{color:var(--soft);font-size:13px}
.facts dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
details .facts{margin-top:10px;gap:6px 24px}
details .facts dd{font-weight:400}
details table{margin-top:8px}`;

const CHARTS = `
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:20px 28px}
figure{margin:0;min-width:0}
figcaption{font-size:14px;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--soft);font-size:13px}
.key::before{content:"";display:inline-block;width:14px;height:10px;margin-right:6px;border:2px solid;border-radius:2px}
.key.suspects::before{border-color:var(--suspects);background:var(--suspects)}
.key.others::before{border-color:var(--others);background:var(--band)}
.plot{display:block;width:100%;max-width:640px;height:auto;font:12.5px system-ui,sans-serif;color:var(--soft);
font-variant-numeric:tabular-nums;overflow:visible;margin-top:4px}
.plot [aria-label*="grid"]{color:var(--text)}
.plot text{white-space:pre}
.plot [aria-label="text"]{fill:var(--text)}`;

const GALLERY = `
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:14px 24px;margin:0;padding:0;list-style:none}
.gallery li{display:grid;grid-template-columns:72px minmax(0,1fr);gap:12px;break-inside:avoid}
.thumb{width:72px;height:72px;border-radius:8px;border:1px solid var(--line);background:var(--fill);
object-fit:contain;image-rendering:pixelated}
.thumb.empty{display:grid;place-items:center;color:var(--soft);font-size:11px}
.caption{font-weight:600;line-height:1.35;overflow-wrap:anywhere}
.score,.id{font-size:13px;color:var(--soft);overflow-wrap:anywhere}
.score b{color:var(--suspects);font-variant-numeric:tabular-nums}
.artifacts{margin:0;padding:0;list-style:none;display:grid;gap:8px}
.artifacts li{padding-left:12px;border-left:3px solid var(--line)}
.artifacts code{display:block}
.digest{color:var(--soft)}`;

const WATERFALL = `
.waterfall{font-size:13px;font-variant-numeric:tabular-nums}
.line{display:grid;grid-template-columns:minmax(0,320px) minmax(0,1fr);gap:12px;align-items:center;padding:2px 0}
.line:nth-child(odd){background:color-mix(in srgb,var(--fill) 45%,transparent)}
.line.axis{color:var(--soft);background:none}
.axis .lane{display:flex;justify-content:space-between}
.name{padding-left:calc(var(--depth)*12px);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.lane{position:relative;min-height:18px}
.lane i{position:absolute;top:2px;height:15px;min-width:2px;border-radius:2px}
.lane em{position:absolute;top:0;font-size:12px;line-height:15px;font-style:normal;color:var(--soft);white-space:nowrap;padding:0 5px}
.lane .behind em{left:100%}
.lane .before em{right:100%}
.lane .in em{right:0;color:var(--card);font-weight:600}
.lane .in.failed em{color:var(--bad);background:var(--card)}
.s0{background:var(--s0)}.s1{background:var(--s1)}.s2{background:var(--s2)}.s3{background:var(--s3)}
.lane .failed{background:repeating-linear-gradient(135deg,var(--bad) 0 4px,transparent 4px 7px);outline:1px solid var(--bad)}`;

const NARROW = `
@media screen and (max-width:760px){
main{padding:12px 10px 32px;gap:12px}
.card,.banner{padding:16px}
h1{font-size:23px}
.banner{grid-template-columns:32px minmax(0,1fr);gap:4px 12px}
.icon{width:32px;height:32px;margin-top:30px}
.headline{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:10px 28px;padding:12px 0 0;margin-top:12px;border-left:0;border-top:1px solid var(--line)}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,tbody,tr{display:block}
tr{display:flex;flex-wrap:wrap;gap:2px 18px;padding:10px 0;border-bottom:1px solid var(--line)}
tbody tr:last-child{border-bottom:0}
th,td,.proxy>*,.total>*{display:block;padding:0!important;border:0;text-align:left}
.n{text-align:left}
tbody th,td.none,td.track,td.band-note{flex-basis:100%}
td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:12px}
.tokens .bar{width:100%}
.line{grid-template-columns:minmax(0,1fr);gap:0}
.plot{font-size:15px}}`;

const PRINT = `
@media print{
body{font-size:11px;background:#fff}
main{max-width:none;padding:0;gap:8px}
.card,.banner{border-radius:0;padding:10px 0;border-width:1px 0 0}
h1{font-size:20px}
section,figure,tr,.line{break-inside:avoid}
#suspects,#unlearn-set,#time,#provenance,#detection{break-inside:auto}
h2,h3{break-after:avoid}
.charts{grid-template-columns:1fr 1fr}
details::details-content{content-visibility:visible;block-size:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

/** The style sheet of the report. */
export const STYLESHEET = [COLOURS, BASE, BANNER, TABLES, CHARTS, GALLERY, WATERFALL, NARROW, PRINT].join('');
