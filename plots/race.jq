# What the filters of races share: what became of each client, and an axis that folds its few very long stretches.

include "figure" { search: "./" };

# As much of a text of this size as $room pixels hold.
def fit($size; $room):
  if wide($size) <= $room then . else
    . as $s | ([range(length; 0; -1) | select(($s[:.] + "…" | wide($size)) <= $room)][0] // 0) as $n | $s[:$n] + "…" end;
# The next round number: 1, 2 or 5 times a power of ten.
def nice: (log10 | floor | pow(10; .)) as $ten
  | if . <= $ten then $ten elif . <= 2 * $ten then 2 * $ten elif . <= 5 * $ten then 5 * $ten else 10 * $ten end | round;
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# ---- clients ----

# What became of a client up to its first collaborating or failing. Its role is what it was in the race:
#   won         its creation was accepted
#   rejected    its creation was rejected
#   overtaken   it was told that there is no session and made a key, and the session was announced before it was answered
#   later       the session was there, or pending, when it asked
#   out         it was never told anything about the session
# It is kept under "client NAME" at the top of the state: there setpath changes in place, which assignments, and setpath
# deeper down, do not. That tells in large races.
def live($e):
  if $e.event != "state" and $e.event != "start" and $e.event != "won" and $e.event != "rejected" and $e.event != "failed" then .
  else
    ("client " + $e.node) as $key | .[$key] as $c
    | def to(f): setpath([$key]; $c | f);
      if $e.event == "start" then
        if $c == null then to({ start: $e.t, last: $e.t, state: "idle", ns: {}, role: "out", outcome: "" }) else . end
      elif $c == null or $c.end != null then .
      elif $e.event == "won" then to(.role = "won")
      elif $e.event == "rejected" then to(.role = "rejected")
      elif $e.event == "failed" then to(.outcome = "fails: \($e.reason)")
      else to(
        .ns[.state] += $e.t - .last | .state = $e.to | .last = $e.t
        | if $e.to == "making-key" and (.role == "out" or .role == "later") then .role = "overtaken"
          elif $e.to == "looking-up" and .role == "won" then .role = "overtaken"
          elif ($e.to == "looking-up" or $e.to == "waiting") and .role == "out" then .role = "later" else . end
        | if $e.to == "collaborating" then .end = $e.t | .outcome = (if .role == "won" then "wins" else "joins" end)
          elif $e.to == "failed" then .end = $e.t
          elif $e.to == "closed" then .end = $e.t | .outcome = "closes" else . end)
      end
  end;
# All clients of a state, by name.
def clients: with_entries(select(.key | startswith("client ")) | .key |= .[7:]);
# One that is still on its way when the trace ends.
def ended($stop):
  if .end != null then . elif .state == "crashed" then .end = .last | .outcome = "crashed"
  else .ns[.state] += $stop - .last | .end = $stop | .outcome = "still \(if .state == "waiting" then "waits" else .state end)" end
  | .in = (.outcome == "wins" or .outcome == "joins");
def role_remark: "overtaken: made a key, but the session was there before the server answered its creation";

# ---- an axis that may begin below 0, and what it folds ----

# From the instants at which something happens, sorted. Of the gaps between them the longest are folded, up to three,
# when each is $factor times as long as all shorter ones together; never one that begins before $from and ends after 0.
def scale($times; $left; $right; $factor; $from):
  ([range(1; $times | length) | [$times[. - 1], $times[.]]] | sort_by(.[1] - .[0])) as $gaps
  | def may: .[0] >= $from or .[1] <= 0;
    ([range([$gaps | length - 3, 1] | max; $gaps | length) as $i
      | ($gaps[:$i] + ($gaps[$i:] | map(select(may | not))) | map(.[1] - .[0]) | add) as $sum
      | select(($gaps[$i] | may) and $gaps[$i][1] - $gaps[$i][0] > $factor * $sum) | [$i, $sum]][0]) as $folding
  # Room for what stands on both sides of a fold.
  | (if $folding == null then []
     else $gaps[$folding[0]:] | map(select(may) | [.[0] + 0.12 * $folding[1], .[1] - 0.06 * $folding[1]]) | sort_by(.[0]) end) as $folds
  | ($times[0] // 0) as $first | ($times[-1] // 0) as $last
  | ([$last - $first - ($folds | map(.[1] - .[0]) | add // 0), 1] | max) as $dense
  | { folds: $folds, first: $first, last: $last, dense: $dense, fold: ($dense * 0.07), left: $left,
      scale: (($right - $left) / ($dense * (1 + 0.07 * ($folds | length)))) };
# The place of an instant.
def at($s): . as $t
  | reduce ($s.folds[] | select(.[0] < $t)) as $f ($t;
      ($f[1] - $f[0]) as $w | . - (if $t >= $f[1] then $w - $s.fold else ($t - $f[0]) * (1 - $s.fold / $w) end))
  | (. - $s.first) * $s.scale + $s.left | px;
# [place, instant]: round times where there is room.
def marks($s):
  ([$s.dense / 8, 1] | max | nice) as $step
  | ([$s.first] + [$s.folds[] | .[1]]) as $from | ([$s.folds[] | .[0]] + [$s.last + $s.dense * 0.03]) as $until
  | def near($x): . - $x | if . < 0 then -. else . end;
    [range($from | length) as $i | round_times($from[$i]; $until[$i]; $step)]
  | (map(.[0] // empty) + map(.[1:][]))
  | reduce .[] as $t ([]; ($t | at($s)) as $x
      | if any(.[]; .[0] | near($x) < 56) then .
        else . + [[$x, $t]] end)
  | .[];
