# What the filters share: text that is safe to draw, rows and blocks of a data file, and an axis of time that folds what is
# long and empty. Places are pixels.

# Text of a trace as gnuplot may have it: no control character, no mark that turns the direction of writing, no quote and
# no backslash, which gnuplot reads in data, and not what XML does not want in text, since gnuplot leaves that to us.
def clean:
  tostring | explode
  | map(if . < 32 or (. >= 127 and . < 160) or (. >= 8206 and . <= 8207) or (. >= 8232 and . <= 8238)
           or (. >= 8294 and . <= 8297) or . == 1564 or . == 65279 or (. >= 55296 and . < 57344) or . >= 65534 and . < 65536
        then 32 elif . == 34 then 8221 elif . == 92 then 8726 else . end)
  | implode
  | if contains("]]>") then split("]]>") | join("]] >") else . end;
def cut($n): if length > $n then .[:$n - 1] + "…" else . end;
def row: map(if type == "string" then clean else . end | tostring) | join("\t");
def block($header; rows): $header, rows, "", "";
def px: . * 10 | round | . / 10;
# How wide DejaVu Sans sets a text of this size, with a little to spare.
def wide($size):
  reduce explode[] as $c (0; . + (if $c == 32 or $c == 39 or ($c >= 44 and $c <= 46) or $c == 58 or $c == 105 or $c == 106 or $c == 108 then 0.32
                                  elif $c == 102 or $c == 114 or $c == 116 or $c == 40 or $c == 41 or $c == 45 then 0.41
                                  elif $c == 37 or $c == 64 or $c == 87 or $c >= 4352 then 1
                                  elif $c == 109 or $c == 119 or ($c >= 65 and $c <= 90) then 0.82 else 0.615 end)) * $size * 1.02;

def decimals($n): . as $v | ($n | if . == 0 then 1 elif . == 1 then 10 elif . == 2 then 100 else 1000 end) as $f
  | ($v * $f | round) / $f | tostring;
def duration:
  if . >= 60e9 then (. / 60e9 | decimals(1)) + " min"
  elif . >= 1e9 then (. / 1e9 | decimals(2)) + " s"
  elif . >= 1e6 or . == 0 then (. / 1e6 | decimals(if . >= 100 then 0 else 1 end)) + " ms"
  else (. / 1e3 | decimals(1)) + " us" end;

# ---- how editors ended, in the words of `run` ----

# Of the events of a trace: {word: how many}, in the order in which `run` says them. A client's last state decides.
def endings($events):
  ["locked out (encryption)", "locked out (jwt)", "locked out (content)", "locked out (client-update-required)", "locked out (general)",
   "stuck", "left", "away", "collaborated"] as $words
  | (reduce $events[] as $e ({};
       if $e.event == "start" then .[$e.node] //= { state: "idle" }
       elif .[$e.node] == null then .
       elif $e.event == "state" then .[$e.node].state = $e.to
       elif $e.event == "failed" then .[$e.node].reason = $e.reason
       elif $e.event == "collaborating" then .[$e.node].did = true else . end)
     | map(if .state == "collaborating" then "collaborated"
           elif .state == "closed" then (if .did then "collaborated" else "left" end)
           elif .state == "failed" then "locked out (\(.reason))" as $w | if any($words[]; . == $w) then $w else "locked out (general)" end
           elif .state | . == "idle" or . == "token" or . == "connecting" or . == "reconnecting" or . == "crashed" then "away" else "stuck" end)) as $all
  | [$words[] as $w | { key: $w, value: ($all | map(select(. == $w)) | length) } | select(.value > 0)] | from_entries;
# "editors: 1 locked out (jwt), 1 collaborated", or that all do.
def editors($endings):
  ($endings | add // 0) as $n
  | if $n == ($endings.collaborated // 0) then "\($n) of \($n) collaborate"
    else "editors: " + ($endings | to_entries | map("\(.value) \(.key)") | join(", ")) end;

# ---- an axis of time ----

# From the instants at which something happens. A gap is folded when it is longer than nearly half of all shorter ones
# together; none is when there are too many, or when that would not save much.
def axis($times; $left; $right):
  ([0] + $times | unique) as $all
  | ([range(1; $all | length) | [$all[. - 1], $all[.]]]) as $gaps
  | (reduce ($gaps | sort_by(.[1] - .[0]))[] as $g ({ sum: 0, long: [] };
       ($g[1] - $g[0]) as $w
       | if (.long | length) > 0 or (.sum > 0 and $w > 0.45 * .sum and $w > 20e6) then .long += [$g] else .sum += $w end)
     | .long) as $long
  | (if ($long | length) > 8 or ($long | map(.[1] - .[0]) | add // 0) < 0.3 * $all[-1] then [] else $long end | sort_by(.[0])) as $folds
  | ($all[-1] - ($folds | map(.[1] - .[0]) | add // 0)) as $dense
  | ([$dense, 1] | max * (if ($folds | length) > 3 then 0.05 else 0.07 end)) as $fold
  | { folds: $folds, dense: $dense, fold: $fold, stop: $all[-1], left: $left, right: $right,
      scale: (($right - $left) / ([$dense + $fold * ($folds | length), 1] | max * 1.045)) };

# The place of an instant.
def place($axis): . as $t
  | reduce ($axis.folds[] | select(.[0] < $t)) as $f ($t;
      ($f[1] - $f[0]) as $w | . - (if $t >= $f[1] then $w - $axis.fold else ($t - $f[0]) * (1 - $axis.fold / $w) end))
  | . * $axis.scale + $axis.left | px;

# The time of a tick, in full.
def exactly:
  def at_most($n): . * pow(10; $n) | round | . / pow(10; $n) | tostring;
  if . >= 60e9 and . % 6e9 == 0 then (. / 60e9 | at_most(1)) + " min"
  elif . >= 1e9 then (. / 1e9 | at_most(6)) + " s"
  elif . >= 1e6 or . == 0 then (. / 1e6 | at_most(3)) + " ms"
  elif . < 0 then "-" + (-. | exactly)
  else (. / 1e3 | at_most(3)) + " us" end;
# The multiples of $step from $from on, before $until; where there is none, the roundest time.
def round_times($from; $until; $step):
  [range(($from / $step | ceil) * $step; $until; $step)]
  | if length > 0 then .
    else [ first(range($step | log10 | floor; 2; -1) as $e | (5, 2, 1) | . * pow(10; $e) | select(. < $step)
                 | . as $s | ($from / $s | ceil) * $s | select(. < $until)) ] end;

# [place, instant]: round times where there is room; every stretch between two folds has one if it can.
def ticks($axis):
  ([$axis.dense / 9, 1] | max) as $raw
  | ($raw | log10 | floor | pow(10; .)) as $ten
  | (if $raw <= $ten then $ten elif $raw <= 2 * $ten then 2 * $ten elif $raw <= 5 * $ten then 5 * $ten else 10 * $ten end) as $step
  | ([0] + [$axis.folds[] | .[1]]) as $from | ([$axis.folds[] | .[0]] + [$axis.stop + $axis.dense * 0.04]) as $until
  | [range($from | length) as $i | round_times($from[$i]; $until[$i]; $step)]
  | (map(.[0] // empty) + map(.[1:][]))
  | reduce .[] as $t ([]; ($t | place($axis)) as $x | if any(.[]; (.[0] - $x | if . < 0 then -. else . end) < 52) then . else . + [[$x, $t]] end)
  | .[];

# How a figure says that time was cut, above a fold.
def cut_words: "\(duration) cut";
# [place, place, words], without the words where there is no room for them.
def folds($axis):
  reduce $axis.folds[] as $f ({ last: -100, out: [] };
    ($f[0] | place($axis)) as $a | ($f[1] | place($axis)) as $b
    | (($a + $b) / 2 - .last > 68) as $room
    | .out += [[$a + 3, $b - 3, (if $room then $f[1] - $f[0] | cut_words else "" end)]]
    | if $room then .last = ($a + $b) / 2 else . end)
  | .out[];
