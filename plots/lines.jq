# What `harm` and `curve` share: curves over any varied key, each point with its interval.
#
# A curve: { name, style (0 thick, 1 thin), points: [{ x, y, low, high }] }, where x is the text of the key's value, and y, low
# and high are values of the scale; low and high may be null. Curves of one colour follow each other with the same `colour`.

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

# ---- the axis to the right ----

def bytes: if . >= 1073741824 then (. / 1073741824 | decimals(1)) + " GiB" elif . >= 1048576 then (. / 1048576 | decimals(1)) + " MiB"
  elif . >= 1024 then (. / 1024 | decimals(1)) + " KiB" else "\(.) B" end;
def bits: if . >= 1e9 then (. / 1e9 | decimals(1)) + " Gbit/s" elif . >= 1e6 then (. / 1e6 | decimals(1)) + " Mbit/s"
  elif . >= 1e3 then (. / 1e3 | decimals(1)) + " kbit/s" else "\(.) bit/s" end;
def in_unit($kind):
  if $kind == "time" or $kind == "kept" then times elif $kind == "size" then bytes elif $kind == "rate" then bits
  else (. * 1e6 | round | . / 1e6 | tostring) + (if $kind == "%" then " %" else "" end) end;

# Of the points of a sweep the axis of a key: { numbers, log, at: { text: place }, ticks: [[place, words]] }. Where a value is no number all
# have a place of their own, in the order of the sweep.
def key_axis($key; $left; $right):
  values($key) as $all
  | if length > 0 and all($all[]; .v != null) and ($all | length) > 1 then
      ($all | map(.v)) as $v | ($v | min) as $least | ($v | max) as $greatest
      | ($least > 0 and $greatest > 12 * $least) as $log
      | along((if $log or $least < 0 then $least else 0 end); $greatest; $left + 14; $right - 14; $log) as $axis
      | { numbers: true, log: $log, at: ($all | map({ key: .text, value: (.v | on($axis)) }) | from_entries),
          ticks: [rounds($axis)[] | [on($axis), in_unit($all[0].kind)]] }
    else
      (($right - $left) / ([$all | length, 1] | max)) as $slot
      | ([range(1; ($all | length) + 1) as $k | select(all(range(0; $all | length; $k) as $i | $all[$i].text | clean | wide(12); . <= $slot * $k - 6)) | $k][0] // 1) as $every
      | { numbers: false, log: false, at: ($all | to_entries | map({ key: .value.text, value: ($left + (.key + 0.5) * $slot | px) }) | from_entries),
          ticks: [range(0; $all | length; $every) as $i | [($left + ($i + 0.5) * $slot | px), ($all[$i].text | clean | fit(12; $slot * $every - 4))]] }
    end;

# ---- the scale upwards ----

# Of shares. Logarithmic from the power of ten below the least that is not 0; what is 0 is below that, at `none`.
def share_scale($log; $top; $bottom): map(select(. != null)) as $all
  | ([$all[] | select(. > 0)] | min) as $least | ([$all[]] | max // 0) as $most
  | if ($log | not) or $least == null then up($most) as $up
      | { log: false, most: $up.top, top: $top, bottom: $bottom, none: $bottom,
          ticks: [range(0; $up.top * 1.0001; $up.step) | [., axis_percent]] }
    else ([$least | log10 | floor, -9] | max) as $from | ([$most | log10 | ceil, $from + 1] | max) as $to
      | { log: true, from: $from, to: $to, top: $top, bottom: ($bottom - 26), none: $bottom,
          ticks: ([range($from; $to + 1) | pow(10; .) | [., axis_percent]] + [[0, "none"]]) } end;
# Of times in ns.
def time_scale($top; $bottom): map(select(. != null)) as $all
  | ([$all[] | select(. > 0)] | min // 1) as $least | ([$all[]] | max // 1) as $most
  | ($most > 60 * $least) as $log
  | along((if $log then $least else 0 end); $most * 1.04; $bottom; $top; $log) as $axis
  | { time: true, axis: $axis, none: $bottom, ticks: [rounds($axis + { left: 0, right: (($bottom - $top) * 1.6) })[] | [., times]] };
def y($scale):
  if $scale.time then (if $scale.axis.log and . <= 0 then $scale.none else on($scale.axis) end)
  elif $scale.log then (if . <= 0 then $scale.none else ([[(log10 - $scale.from) / ($scale.to - $scale.from), 0] | max, 1] | min) * ($scale.top - $scale.bottom) + $scale.bottom | px end)
  else $scale.bottom - ([., $scale.most] | min) / $scale.most * ($scale.bottom - $scale.top) | px end;

# ---- the blocks, which are those of retention.jq, and 12 bands: x y y2 colour ----

def lines($head; $curves; $axis; $scale; $words):
  76 as $left | 740 as $right | 112 as $top | 432 as $bottom
  | def at: .x as $x | $axis.at[$x];
    def is_band: $axis.numbers and (.points | length > 1) and all(.points[]; .low != null);
    def beside($c): if $axis.numbers then 0 else ($c.colour - (($curves | map(.colour) | max // 1) + 1) / 2) * 9 end;
    block("title\tnote\tempty\theight"; $head | row),
    block("curve\tx\ty\tlow\thigh"; $curves[] | .name as $n | .points[] | [$n, .x, .y, (.low // ""), (.high // "")] | row),
    block("x\tx2\ty\ty2"; if $scale.log then [$left, $right, $scale.bottom + 13, $scale.none + 10] | row else empty end),
    block("x\ty\ty2\ttext"; $axis.ticks[] | [.[0], $top, $bottom + 10, .[1]] | row),
    block("x\tx2\ty\ttext"; $scale.ticks[] | [$left, $right, (.[0] | y($scale)), .[1]] | row),
    block("x\ty\ty2"; empty),
    block("x\ty\tcolour\tstyle"; $curves[] | select($axis.numbers) | .colour as $c | .style as $s | (.points[] | [at, (.y | y($scale)), $c, $s] | row), ""),
    block("x\ty\ty2\tcolour"; $curves[] | select(is_band | not) | . as $c | .points[] | select(.low != null)
      | [at + beside($c), (.low | y($scale)), (.high | y($scale)), $c.colour] | row),
    block("x\ty\tcolour"; $curves[] | select(.style == 0) | . as $c | .points[] | [at + beside($c), (.y | y($scale)), $c.colour] | row),
    block("x\ty\tcolour\tstyle"; $curves | to_entries[] | [$right + 18, $top + 8 + 24 * .key, .value.colour, .value.style] | row),
    block("x\ty\ttext\tkind"; $curves | to_entries[] | [$right + 40, $top + 8 + 24 * .key, (.value.name | clean | fit(12; 205)), 0] | row),
    block("x\ty\ttext\tkind";
      ([($left + $right) / 2, $bottom + 50, ($words.x + (if $axis.log then ", logarithmic" else "" end) | clean | fit(12; 600)), 0] | row),
      ([20, $top - 18, ($words.y + (if $scale.log or ($scale.time and $scale.axis.log) then ", logarithmic" else "" end)), 1] | row),
      ([$right + 18, $top - 18, ($words.curves | clean | fit(12; 235)), 1] | row),
      ($words.below // [] | to_entries[] | [$right + 18, $top + 26 + 24 * ($curves | length) + 18 * .key, (.value | clean | fit(12; 235)), 1] | row)),
    block("x\ty\ty2\tcolour"; $curves[] | select(is_band) | .colour as $c | (.points[] | [at, (.low | y($scale)), (.high | y($scale)), $c] | row), "");

# [{ name, rest }]: the points of a sweep without those of the key $x, in groups of what else they vary, each in the order of its axis.
def groups($x; $others): . as $points
  | (reduce .[] as $p ([]; ($p | name_of($others)) as $n | if any(.[]; . == $n) then . else . + [$n] end)) as $names
  | [$points | values($x)[].text] as $order
  | [$names[] as $n | { name: $n, points: ([$points[] | select(name_of($others) == $n)] | [$order[] as $t | .[] | select(.at[$x] == $t)]) }];
