# How often the server refuses a token of a signer whose clock is ahead, against that skew, a curve for each leeway.
#
#   jq -n -r -f plots/leeway.jq --arg x token-provider.clock-offset --arg y server.leeway SWEEP > data.tsv
#
# The lines are what is predicted for one client whose first token is signed at any instant of a second alike: with the
# signer δ ahead, τ from the signing of a token until it is judged, and the leeway L the share is clamp(δ − τ − L, 0, 1 s) / 1 s.
# --arg transit NS says τ (0 when absent).
#
# All places are pixels of a picture 1000 wide, y downwards. Blocks and colours are those of retention.jq.
# Block 1, the numbers: leeway rest skew_ns runs n share low high expected

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

sweep | . as $sweep
| arg("x") as $x | arg("y") as $y
| (arg("transit") | if . == "" then 0 else tonumber end) as $transit
| (.points | varied - [$x, $y]) as $others
| (.points | values($y)) as $leeways
| [ .points[] | { runs, at, skew: (.at[$x] | numeric.v), leeway: .at[$y], share: share("refused"),
      rest: name_of($others) } | select(.skew != null) ]
| map(.name = .leeway + (if .rest != "" then ", " + .rest else "" end)) as $all
| (reduce ($leeways[].text as $l | $all[] | select(.leeway == $l) | .name) as $n ([]; if any(.[]; . == $n) then . else . + [$n] end)) as $names
| ($names[:9]) as $shown
| [$all[] | select(.name as $n | any($shown[]; . == $n))] as $points
| 76 as $left | 760 as $right | 112 as $top | 412 as $bottom
| ([$points[].skew] | min // 0) as $least | ([$points[].skew] | max // 1) as $greatest
| along($least; $greatest; $left + 12; $right - 12; false) as $axis
| up([$points[].share.high] | max // 1) as $up
| def y: $bottom - ([., $up.top] | min) / $up.top * ($bottom - $top) | px;
  def expected($leeway): . - $transit - $leeway | if . < 0 then 0 elif . > 1e9 then 1 else . / 1e9 end;
  def leeway_of($name): [$points[] | select(.name == $name)][0].leeway | numeric.v;
  def aside($i): ($i - (($shown | length) - 1) / 2) * 2;
  ($bottom + 84) as $height

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("share of \(share_name("refused")), and its exact 95 % interval\($sweep | runs_text) · \($sweep | whole)"
      + (if ($names | length) > 9 then " · 9 of \($names | length) curves" else "" end) | clean | fit(12; 955)),
     (if ($points | length) == 0 then "No run was made." else "" end), $height] | row),
  block("leeway\trest\tskew_ns\truns\tn\tshare\tlow\thigh\texpected";
    $points[] | [.leeway, .rest, .skew, .runs, .share.n, .share.share, .share.low, .share.high, (.leeway | numeric.v // 0) as $l | .skew | expected($l)] | row),
  block("x\tx2\ty\ty2"; empty),
  block("x\ty\ty2\ttext"; rounds($axis)[] | [on($axis), $top, $bottom, times] | row),
  block("x\tx2\ty\ttext"; range(0; $up.top * 1.0001; $up.step) | [$left, $right, y, axis_percent] | row),
  block("x\ty\ty2"; empty),
  block("x\ty\tcolour\tstyle";
    range($shown | length) as $i
    | (leeway_of($shown[$i]) // null) as $l
    | (if $l != null then
         ([$least, $greatest, ($transit + $l), ($transit + $l + 1e9)] | map(select(. >= $least and . <= $greatest)) | unique[]
          | [(on($axis) + aside($i) | px), (expected($l) | y), $i + 1, 1] | row), "" else empty end)),
  block("x\ty\ty2\tcolour";
    range($shown | length) as $i | $points[] | select(.name == $shown[$i]) | [(.skew | on($axis)) + aside($i), (.share.low | y), (.share.high | y), $i + 1] | row),
  block("x\ty\tcolour";
    range($shown | length) as $i | $points[] | select(.name == $shown[$i]) | [(.skew | on($axis)) + aside($i), (.share.share | y), $i + 1] | row),
  block("x\ty\tcolour\tstyle"; range($shown | length) as $i | [$right + 18, $top + 8 + 24 * $i, $i + 1, 0] | row),
  ($top + 26 + 24 * ($shown | length)) as $below
  | block("x\ty\ttext\tkind";
    (range($shown | length) as $i | [$right + 40, $top + 8 + 24 * $i, ($shown[$i] | clean | fit(12; 190)), 0] | row),
    (["dots: measured", "lines: predicted, δ − τ − L", "in seconds, from 0 to 1,", "with τ = \($transit | times)"] | to_entries[] | [$right + 18, $below + 18 * .key, .value, 1] | row)),
  block("x\ty\ttext\tkind";
    ([($left + $right) / 2, $bottom + 40, "skew δ: how far the signer's clock is ahead (token-provider.clock-offset)", 0] | row),
    ([20, $top - 18, "share of all runs", 1] | row),
    ([$right + 18, $top - 18, (["leeway L"] + $others | join(", ") | clean | fit(12; 210)), 1] | row))
