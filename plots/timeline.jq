# What the timeline draws: one lane a node over virtual time. Takes the first trace.
#
#   jq -n -r -f plots/timeline.jq TRACE > data.tsv
#
# With --arg proved, what `advise --exact --format json` says, the longest way of the run that it wrote is drawn as well.
#
# All places are pixels of a picture 1000 wide, y downwards. A stretch in which nothing happens is folded to a narrow
# band. From 20 clients on only a few that matter have a lane with words, steps and messages: the winner, one that is
# rejected, the first that fails, the last to collaborate. All clients follow below as thin lanes, by their start.
#
# Blocks: 0 title, note, empty, height   1 lines of lanes: x x2 y   2 names: x y text kind (0 name, 1 outcome, 2 failure)   3 bars: x x2 y half phase
#  4 words in bars: x y text phase   5 messages: x y dx dy kind (0 plain, 1 of the race, 2 refused or lost)
#  6 marks: x y kind (1 made, 2 found, 3 discarded, 4 missing, 5 refused, 6 check, 7 lost)   7 words at marks: x y text
#  8 steps: x x2 y numbers, each where it was; of steps too close for circles, one frame for all   9 ticks: x y y2 text   10 folds: x x2 y y2 text  11 notes' lines: x y y2 kind (0 fault, 1 check)
#  16 bands of faults: x x2 y y2   17 the longest way: x y dx dy kind (0 a message, 1 along a lane)
#  12 notes: x y text kind   13 the same, right-aligned   14 phases' key: x y phase text   15 steps' key: x y number text

include "figure" { search: "./" };

def phase:
  { token: 1, connecting: 2, requesting: 2, "making-key": 3, sealing: 4, created: 4, uploading: 4, resuming: 4, waiting: 5,
    "looking-up": 6, deriving: 7, joining: 8, collaborating: 9, failed: 10, reconnecting: 11 }[.] // 0;
def words:
  { token: "token", connecting: "connect", requesting: "ask", "making-key": "new key", sealing: "seal", created: "create",
    uploading: "upload", resuming: "resume", waiting: "wait", "looking-up": "look up key", deriving: "derive",
    joining: "join", collaborating: "collaborates", failed: "failed", reconnecting: "reconnect" }[.] // .;

# ---- from the trace ----

[limit(1; inputs | select(.type == "trace"))] as [$head]
| [label $over | inputs | if .type == "end" or .type == "trace" then ., break $over else . end] as $all
| ($all | map(select(.type == "event"))) as $events
| ($all[-1] | select(.type == "end")) // { verdict: "", failed: [] } | . as $last
| ($head.nodes[:3]) as $services
| ($head.nodes[3:]) as $clients
| ([$events[-1].t // 0, $last.t // 0] | max) as $stop

# The states of each client: [from, to, state].
| (reduce ($events[] | select(.event == "state")) as $e ({};
    .[$e.node] = ((.[$e.node] // []) | (if length > 0 then .[length - 1][1] = $e.t else . end) + [[$e.t, $stop, $e.to]]))) as $spans
# The messages: [from, to, sent, received, message, lost].
| (reduce ($events[] | select(.event == "receive")) as $e ({}; .[$e.id | tostring] = $e.t)) as $received
| (reduce ($events[] | select(.event == "lose")) as $e ({}; .[$e.id | tostring] = $e.t)) as $lost
| [$events[] | select(.event == "send" and .to != null) | (.id | tostring) as $id
   | [.node, .to, .t, ($received[$id] // ([$lost[$id] // .t, .t] | max)), .msg, ($received[$id] == null)]
   | select($received[$id] != null or $lost[$id] != null)] as $messages

# What a program of the user's own waits for: [from, to, node, request].
| ([ foreach ($events[] | select(.event == "waits" or .event == "wakes")) as $e ({};
       if $e.event == "waits" then .["\($e.wait)"] = $e else . end; select($e.event == "wakes") | .["\($e.wait)"] // empty | [.t, $e.t, .node, .request // 0]) ]) as $legs

# The longest way: [from, to, sent, received] of each message, and [lane, lane, from, to] of what takes time at a node.
| ($ARGS.named.proved // "" | if . == "" then null else fromjson | [.advice[]? | select(.value == "retention")][0] end) as $proof
| [ ($proof.path // [])[] | .at as $t | .delay as $delay
    | (.what | capture("^(?<msg>[a-z-]+) (?<to>to|of) (?<who>.+?)(?<processed> processed)?$") // {}) as $m
    | if $m.msg != null and $m.processed == null then
        (first($messages[] | select(.[4] == $m.msg and .[3] == $t and (if $m.to == "to" then .[1] else .[0] end) == $m.who)) // null) | .[:4]
      elif $m.processed != null then
        (if $m.msg == "token-request" then 1 elif $m.msg | startswith("key-") then 2 else 0 end) as $i | [$services[$i], $services[$i], $t - $delay, $t]
      elif .what | startswith("key ") then [$services[2], $services[2], $t - $delay, $t]
      else (.what | ltrimstr("derived by ") | sub(" (starts|asks again)$"; "")) as $who | [$who, $who, $t - $delay, $t] end ]
  # A run that lacks a message of it is another run.
  | if any(. == null) then [] else . end | . as $way

# ---- which clients, in which order ----

| ($clients | length) as $n
| ($n >= 20) as $many
| (reduce ($events[] | select(.event == "start")) as $e ({}; .[$e.node] //= $e.t)) as $starts
| (if $many then
     [ ([$events[] | select(.event == "won") | .node][0] // empty | [., "wins"]),
       ([$events[] | select(.event == "rejected") | .node][0] // empty | [., "is rejected"]),
       ([$events[] | select(.event == "failed") | .node][0] // empty | [., "fails"]),
       ([$events[] | select(.event == "collaborating") | .node][-1] // empty | [., "is last"]) ]
     | reduce .[] as $h ([]; if any(.[]; .[0] == $h[0]) then . else . + [$h] end)
   else [] end) as $chosen
| (if $many then $chosen | map(.[0]) else $clients end) as $shown
| (if $many then
     ($clients | sort_by($starts[.] // 0)) as $sorted
     | (($n / 140) | ceil) as $every
     | [ range($n) | select(. % $every == 0) | $sorted[.] ]
   else [] end) as $crowd
| 48 as $pitch
| ([420 / ([$crowd | length, 1] | max), 12] | min) as $thin

# ---- time to x ----

| 158 as $left | 972 as $right
| axis([$stop, $events[].t]; $left; $right) as $axis
| def x: place($axis);

# ---- how long a fault lasts ----

# A trace says when a fault begins. What is seen later says by when it is over: a client starts afresh, a server takes something up,
# a service answers what it received meanwhile, the message that waited longest for a partition arrives, or the first one after
# those that it lost. null: nothing tells.
  def over($i): $events[$i] as $f | $events[$i + 1:] as $rest
    | if $f.action == "crash" and any($services[]; . == $f.target) then
        (first($rest[] | select(.node == $f.target and .event == "receive" and .t > $f.t) | .t) // $stop)
      elif $f.action == "crash" then (first($rest[] | select(.node == $f.target and .event == "start") | .t) // $stop)
      elif $f.action == "outage" then
        ([$rest[] | select(.node == $f.target and .event != "fault" and .event != "lose" and .reason != "unavailable")] | (map(.event == "receive") | index(true)) as $asked
         | if $asked == null then null else first(.[$asked:][] | select(.event != "receive") | .t) // $stop end)
      else
        ([$messages[] | select((.[0] == $f.target or .[1] == $f.target) and .[2] >= $f.t) | [.[3] - .[2], .[3]]] | max) as $held
        | ([$messages[] | .[3] - .[2]] | sort | .[length / 2 | floor] // 0) as $usual
        | ([$rest[] | select(.event == "lose" and .reason == "partition") | .id] as $lost
           | [$events[] | select(.event == "send" and (.node == $f.target or .to == $f.target) and (.id as $id | any($lost[]; . == $id))) | [.t, .node, .to]] | max) as $gone
        | if $gone != null then
            first($messages[] | select(.[2] > $gone[0] and .[5] == false and ((.[0] == $gone[1] and .[1] == $gone[2]) or (.[0] == $gone[2] and .[1] == $gone[1]))) | .[3]) // null
          elif $held != null and $held[0] > 2 * $usual then $held[1] else null end end;
  (reduce range($events | length) as $i ({};
     $events[$i] as $e
     | if $e.event == "fault" and ($e.action == "crash" or $e.action == "outage" or $e.action == "partition")
       then over($i) as $t | if $t != null and $t > $e.t then .["\($e.seq)"] = { node: $e.target, action: $e.action, from: $e.t, to: $t } else . end else . end)) as $bands

# ---- notes above the lanes: faults and broken checks ----

|  ([ $events[] | select(.event == "fault" or .event == "clock" or .event == "check-failed")
     | $bands["\(.seq)"] as $band
     | { t, node, kind: (if .event == "check-failed" then 1 else 0 end), banded: ($band != null),
         text: (if .event == "fault" then "\(.action) \(.target)" + (if $band == null then "" elif $band.to == $stop then ", to the end"
                                                                     elif .action == "crash" then ", back by \($band.to | duration)" else ", over by \($band.to | duration)" end) | clean
                elif .event == "clock" then "clock of \(.node) off by \(if .offset < 0 then "-" else "+" end)\(.offset | if . < 0 then -. else . end | duration)" | clean
                else .check | clean end) } ]
   | reduce .[] as $e ([]; if length > 0 and .[-1].t == $e.t and .[-1].kind == $e.kind
                           then (.[-1].text += ", " + $e.text) | .[-1].nodes += [$e.node] | .[-1].banded = (.[-1].banded and $e.banded) else . + [$e + { nodes: [$e.node] }] end)
   | if length > 14 then .[:14] else . end
   | map(.text |= cut(60) | .text = (if .kind == 1 then "broken at \(.t | duration): " + .text else "\(.t | duration): " + .text end))
   | reduce .[] as $e ({ rows: [], out: [] };
       ($e.t | x) as $x | ($e.text | wide(12)) as $w
       | ($x + 6 + $w > 985) as $flip
       | (if $flip then [$x - $w - 12, $x + 4] else [$x - 4, $x + $w + 12] end) as [$a, $b]
       | ([range(0; .rows | length) as $i | select(all(.rows[$i][]; .[1] <= $a or .[0] >= $b)) | $i][0] // (.rows | length)) as $i
       | .rows[$i] = ((.rows[$i] // []) + [[$a, $b]])
       | .out += [$e + { x: $x, row: $i, flip: $flip }])) as $notes
| ($notes.rows | length) as $noterows
| (84 + 17 * $noterows + (if $noterows > 0 then 6 else 0 end) + (if ($axis.folds | length) > 0 then 14 else 0 end)) as $top

# ---- lanes ----

| (($shown | length) / 2 | ceil) as $h
| ($shown[:$h] + ($services | [.[1], .[0], .[2]]) + $shown[$h:]) as $lanes
| (reduce $lanes[] as $l ({ y: $top, at: {} }; .at[$l] = .y + $pitch / 2 | .y += $pitch)) as $laid
| $laid.at as $at
| $at[$services[0]] as $middle
| ($laid.y + 8) as $crowdtop
| (if $many then $crowdtop + $thin * ($crowd | length) + 4 else $laid.y end) as $bottom
# What the server holds: a creation that stands, then its session. Not drawn where there are several documents.
| (if any($events[]; .document != null) then [] else
     [ $events[] | select(.node == $services[0])
       | select((.event == "send" and .msg == "create-accepted") or .event == "established" or .event == "released"
                or (.event == "fault" and .action == "crash")) ]
     | reduce .[] as $e ([];
         (if length > 0 and .[-1].to == null then .[-1].to = ($e.t | x) else . end)
         | if $e.event == "send" then . + [{ from: ($e.t | x), to: null, phase: 4, text: "\($e.hint) created" }]
           elif $e.event == "established" then . + [{ from: ($e.t | x), to: null, phase: 9, text: "session under \($e.hint)" }] else . end)
     | map(.to //= $right | .text |= (clean | cut(40))) end) as $sessions
| 10 as $half
| def half($node): if any($services[]; . == $node) then 8 else $half end;

# ---- steps: [time, node, number] ----

  ([ $events[] | select($at[.node] != null)
     | if .event == "send" and .msg == "session-request" then [.t, .node, 1]
       elif .event == "state" and .to == "making-key" then [.t, .node, 2]
       elif .event == "send" and .msg == "create-session" then [.t, .node, 3]
       elif .event == "won" or .event == "rejected" then [.t, .node, 4]
       elif .event == "state" and .to == "waiting" then [.t, .node, 5]
       elif .event == "send" and .msg == "upload" then [.t, .node, 6]
       elif .event == "state" and .to == "looking-up" then [.t, .node, 7]
       else empty end ]) as $steps
| ($bottom + (if ($steps | length) > 0 then 104 else 74 end)) as $height

# ---- the key below: what of it occurs ----

| ([ $spans[][] | select(.[1] > .[0] or .[2] == "failed" or .[2] == "collaborating") | .[2] | phase ] | unique | map(select(. > 0))) as $phases
| ([null, "token", "connect, ask", "new key", "seal, create, upload", "wait", "look up key", "derive", "join", "collaborate", "failed", "reconnect", "down, cut off"]) as $phasewords

| (reduce $events[] as $e ({};
     if $e.event == "won" then .[$e.node] = "wins"
     elif $e.event == "collaborating" and .[$e.node] != "wins" then .[$e.node] = "joins"
     elif $e.event == "failed" then .[$e.node] = "fails: \($e.reason)"
     else . end)) as $outcomes
| endings($events) as $endings
| (editors($endings)
  # That every check holds is no good news to an editor who is not let in.
  + (if ($last.failed | length) > 0 then " · broken: " + ($last.failed | join(", "))
     elif $last.verdict == "pass" and ($endings | del(.collaborated, .left) | length) == 0 then " · every check holds" else "" end)
  + (if $way != [] then " · the longest way: \($proof.most | exactly)" elif $proof != null then " · not the run that was proved" else "" end)
  + (if $many and ($crowd | length) < $n then " · \($crowd | length) of \($n) clients shown" else "" end)
  + " · seed \($head.seed)") as $note

| block("title\tnote\tempty\theight";
    [$head.scenario | clean | cut(100), ($note | clean | cut(140)),
     (if ($events | length) == 0 then "Nothing happens in this trace." else "" end), ($height | ceil)] | row),

  block("x\tx2\ty"; $lanes[] | [$left, $right, $at[.]] | row),

  block("x\ty\ttext\tkind";
    ($lanes[] | . as $l | ($outcomes[$l] != null) as $two
     | [$left - 12, $at[.] - (if $two then 8 else 0 end), (clean | cut(20)), 0],
       (if $two then [$left - 12, $at[.] + 8, (([$chosen[] | select(.[0] == $l and .[1] != "fails") | .[1]][0] // $outcomes[$l]) | clean | cut(22)),
                      (if $outcomes[$l] | startswith("fails") then 2 else 1 end)] else empty end)
     | row),
    (if $many then ([$left - 12, ($crowdtop + $bottom) / 2 - 8, (if ($crowd | length) < $n then "\($crowd | length) of \($n) clients" else "all \($n) clients" end), 0], [$left - 12, ($crowdtop + $bottom) / 2 + 8, "by their start", 1]) | row
     else empty end)),

  block("x\tx2\ty\thalf\tphase";
    ($shown[] as $c | ($spans[$c] // [])[] | (.[2] | phase) as $p | select($p > 0)
     | [(.[0] | x), (if .[1] == $stop and (.[2] | . == "collaborating" or . == "failed") then $right else .[1] | x end), $at[$c],
        (if $p == 10 then $half * 0.5 else $half end), $p]
     | select(.[1] > .[0]) | row),
    (range($crowd | length) as $i | $crowd[$i] as $c | ($spans[$c] // [])[] | (.[2] | phase) as $p | select($p > 0)
     | [(.[0] | x), (if .[1] == $stop and (.[2] | . == "collaborating" or . == "failed") then $right else .[1] | x end),
        ($crowdtop + ($i + 0.5) * $thin | px), ($thin * 0.42 | px), $p]
     | select(.[1] > .[0]) | row),
    ($sessions[] | select(.to > .from) | [.from, .to, $at[$services[0]], 7, .phase] | row),
    # The legs of a program's calls, thin; those of requests that overlap lie above each other.
    ($legs[] | [(.[0] | x), (.[1] | x), $at[.[2]] + (.[3] % 3 - 1) * 5, 1.8, 1] | select(.[1] > .[0]) | row)),

  block("x\ty\ttext\tphase";
    ($sessions[] | select(.to - .from > (.text | wide(11)) + 5) | [(.from + .to) / 2, $at[$services[0]], .text, .phase] | row),
    ($shown[] as $c | ($spans[$c] // [])[] | (.[2] | phase) as $p | select($p > 0 and $p != 10)
      | (.[0] | x) as $a | (if .[1] == $stop and .[2] == "collaborating" then $right else .[1] | x end) as $b
      | (.[2] | words) as $w
      | select($b - $a > ($w | wide(11)) + 5)
      | [(($a + $b) / 2 | px), $at[$c], $w, $p] | row)),

  block("x\ty\tdx\tdy\tkind";
    $messages[] | select($at[.[0]] != null and $at[.[1]] != null)
    | . as [$from, $to, $sent, $got, $msg, $lost]
    | (if $at[$to] > $at[$from] then 1 else -1 end) as $d
    | ($at[$from] + $d * half($from)) as $y1 | ($at[$to] - $d * half($to)) as $y2
    | ($sent | x) as $x1 | ($got | x) as $x2
    | (if $lost then 0.55 else 1 end) as $part
    | [$x1, $y1, (($x2 - $x1) * $part | px), (($y2 - $y1) * $part | px),
       (if $lost or $msg == "connect-refused" or $msg == "key-refused" then 2
        elif $msg == "create-session" or $msg == "create-accepted" or $msg == "create-rejected" or $msg == "upload" or $msg == "session-available" then 1
        else 0 end)] | row),

  # A program of the user's own: the call after which a key took the place of another one, by the number of that event.
  (if $head.provider == "exec" then
     reduce ($events[] | select(.event == "waits" or .event == "wakes" or .event == "key-made")) as $e ({ calls: {}, made: {}, out: {} };
       if $e.event == "waits" then .calls[$e.wait | tostring] = $e
       elif $e.event == "wakes" then .woken = .calls[$e.wait | tostring]
       else "\($e.document) \($e.hint)" as $hint
         | if .made[$hint] then .out[$e.seq | tostring] = "\($e.hint | cut(14)) replaced: \(.woken.at // .woken.label // "again")" else . end
         | .made[$hint] = true end)
     | .out
   else {} end) as $replaced
  | ([ $events[]
     | ({ "key-made": 1, "key-found": 2, "key-discarded": 3, "key-missing": 4 }[.event]
        // (if .event == "token-judged" and .result != "ok" then 5 elif .event == "check-failed" then 6 elif (.event == "refused" and .reason != "unknown-hint") or .event == "stuck" or .event == "provider-broke" then 5 else null end)) as $k
     | select($k != null and $at[.node] != null and (($many | not) or $k != 2))
     | $replaced["\(.seq)"] as $instead
     # A long hint leaves room for what happened.
     | (.hint // "" | cut(14)) as $hint
     | { x: (.t | x), y: $at[.node], k: $k, node,
         text: (if $k == 1 then $instead // "\($hint) made" elif $k == 3 then "\($hint) discarded" elif $k == 4 then "\($hint) missing"
                elif $k == 5 then "\(.result // .kind // .reason // .event)" else "" end | clean | cut(if $instead then 44 else 24 end)) } ]
   # What happens at one place stands above each other there, each kind once.
   | group_by([.node, .x]) | map(unique_by([.k, .text]) | (map(.k) | unique) as $kinds
       | map(.k as $k | .y += (($kinds | index($k)) - (($kinds | length) - 1) / 2) * ([11, 26 / ($kinds | length)] | min)))
   | flatten(1)) as $marks
  | block("x\ty\tkind"; [$marks[] | [.x, (.y | px), .k]] | unique_by(.)[] | row),

  # Words go where there is room: first below the lane, then above. What is said of a lane is said once, where it was first.
  block("x\ty\ttext";
    reduce ($marks | map(select(.text != "" and (($many | not) or .k > 2))) | group_by([.node, .text])
            | map(length as $n | min_by(.x) + { text: (.[0].text + (if $n > 1 then " × \($n)" else "" end)), many: ($n > 1) })
            | group_by([.node, .x]) | map(.[-1] + { y: $at[.[0].node], text: (map(.text) | sort_by(endswith("discarded")) | join(", ")), rank: (map([9, 2, 4, 0, 3, 1, 5][.k]) | min) })
            | sort_by([.rank, .x])[]) as $m ({ taken: [], out: [] };
      ($m.text | wide(11) / 2) as $w
      | ([$m.x, 985 - $w] | min) as $x
      | [$m.y + 16, $m.y - 15] as $ys
      | . as $s
      | ([$ys[] | . as $y | select(all($s.taken[]; .[2] != $y or .[1] < $x - $w - 3 or .[0] > $x + $w + 3))][0]) as $y
      | if $y == null or (.out | length) >= 24 then .
        else .taken += [[$x - $w, $x + $w, $y]] | .out += [[$x, $y, $m.text]] end)
    | .out[] | row),

  block("x\tx2\ty\tnumbers";
    ($steps | group_by(.[1])[] | .[0][1] as $node
     | reduce .[] as $s ([];
         ($s[0] | x) as $x
         # Repeated look-ups are one step.
         | if length > 0 and .[-1].last == $s[2] then .
           elif length > 0 and $x - .[-1].x2 < 16 then .[-1] |= (.x2 = $x | .last = $s[2] | .text += " \($s[2])")
           else . + [{ x: $x, x2: $x, last: $s[2], text: "\($s[2])" }] end)
     # Frames that would lie on each other are one; how far a frame goes says timeline.gp.
     | def spare: [0.5 * (5 * (.text | length) + 8 - (.x2 - .x)), 7] | max;
       def whole: reduce .[] as $f ([]; if length > 0 and ($f | .x - spare) < (.[-1] | .x2 + spare) + 1 then .[-1] |= (.x2 = $f.x2 | .text += " \($f.text)") else . + [$f] end);
       whole | whole
     | .[] | [.x, .x2, $at[$node] + (if $at[$node] > $middle then 1 else -1 end) * ($half + 10), .text] | row)),

  block("x\ty\ty2\ttext";
    ticks($axis) | [.[0], $top - 4, $bottom, (.[1] | exactly)] | row),

  block("x\tx2\ty\ty2\ttext"; folds($axis) | [.[0], .[1], $top - 4, $bottom, .[2]] | row),

  # A line leads to the band of a fault that lasts, or through all lanes.
  block("x\ty\ty2\tkind"; $notes.out[] | [.x, 80 + 17 * .row, (if .banded and all(.nodes[]; $at[.] != null) then ([.nodes[] | $at[.]] | max) - 20 else $bottom end), .kind] | row),
  block("x\ty\ttext\tkind"; $notes.out[] | select(.flip | not) | [.x + 5, 84 + 17 * .row, .text, .kind] | row),
  block("x\ty\ttext\tkind"; $notes.out[] | select(.flip) | [.x - 5, 84 + 17 * .row, .text, .kind] | row),

  block("x\ty\tphase\ttext";
    ([$phases[], (if $bands == {} then empty else 12 end)]) as $all
    | (if ($all | map($phasewords[.] | wide(12) + 36) | add // 0) > 980 then 30 else 36 end) as $between
    | reduce $all[] as $p ({ x: 20, out: [] }; .out += [[.x, $bottom + 52, $p, $phasewords[$p]]] | .x += $between + ($phasewords[$p] | wide(12)))
    | .out[] | row),
  block("x\ty\tnumber\ttext";
    if ($steps | length) == 0 then empty else
      reduce ([1, "asks for the session"], [2, "asks for a new key"], [3, "asks to create"], [4, "accepted or rejected"],
              [5, "waits"], [6, "uploads"], [7, "looks up the key"]) as $s
        ({ x: 28, out: [] }; .out += [[.x, $bottom + 82, $s[0], $s[1]]] | .x += 32 + ($s[1] | wide(12)))
      | .out[] | row
    end),

  block("x\tx2\ty\ty2";
    $bands[] | (.from | x) as $a | ([(.to | x), $a + 2] | max) as $b
    | (if $at[.node] != null then [$a, $b, $at[.node] - 20, $at[.node] + 20] else empty end),
      (.node as $node | ($crowd | index([$node])) // empty | [$a, $b, ($crowdtop + . * $thin | px), ($crowdtop + (. + 1) * $thin | px)])
    | row),

  block("x\ty\tdx\tdy\tkind";
    $way[] | select($at[.[0]] != null and $at[.[1]] != null) | . as [$from, $to, $a, $b]
    | ($a | x) as $x1 | ($b | x) as $x2
    | if $from == $to then [$x1, $at[$from] + (if any($services[1:][]; . == $from) then 0 else $half + 3 end), ($x2 - $x1 | px), 0, 1]
      else (if $at[$to] > $at[$from] then 1 else -1 end) as $d
        | ($at[$from] + $d * half($from)) as $y1 | ($at[$to] - $d * half($to)) as $y2
        | [$x1, $y1, ($x2 - $x1 | px), ($y2 - $y1 | px), 0] end
    | row)
