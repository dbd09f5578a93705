# Makes a trace that `session-race verify` judges out of logs of an application. Usage:
#
#   jq -n -c -f log-to-trace.jq alice.log bob.log server.log keys.log tokens.log > log.ndjson
#
# It expects one JSON object a line. Each process writes its own log, with its own clock, and the files may be given in any order or
# be mixed: only the order of each process's own lines counts.
#
#   { "at": "2026-03-01T09:14:07.123Z", "process": "alice", "event": "frame-sent", "peer": "rtc-server", "socket": 1,
#     "frame": { "id": "alice/7", "type": "createSession", "hint": "u1" } }
#
#   event     what it becomes
#   frame-sent, frame-received   `send` and `receive`: a WebSocket frame, or a request or answer over HTTP. `id` is any text that
#             both ends log; `type` is the protocol's word in camel case; `socket` counts a client's connections from 1. A frame may
#             have `hint`, `reason`, `keyFingerprint` and `token` {iat, exp, nbf}
#   socket-opened, socket-closed   `connection-opened`, `connection-closed`: `client`, `socket`, `reason`
#   session-established, session-released   `established`, `released` of the server: `hint`, `reason`
#   key-stored, key-evicted, key-served, key-not-found   `key-made`, `key-discarded`, `key-found`, `key-missing`: `hint`, `reason`
#   token-checked   `token-judged`: `client`, `type`, `token`, `now`, `leeway`, `result`
#   editor-opened   nothing: there is no `start` without all that comes after one
#   editor-ready, editor-error   `collaborating`, `failed`: `reason`
#
# Anything else is skipped. Change the names below to those of your own logs; what a trace says is in sim/trace/README.md.

# Processes of the application that are services; every other process is a client.
def services: { "rtc-server": "server", "jwt-endpoint": "token-provider", "key-endpoint": "encryption-provider" };
def node: services[.] // .;

# createSession → create-session
def kebab: gsub("(?<upper>[A-Z])"; "-" + (.upper | ascii_downcase));

# Members that are there.
def present: with_entries(select(.value != null));

def claims: .token // {} | { iat, exp, nbf };

# @id: the number of the frame's id.
def frame($event; $id):
  { type: "event", node: (.process | node), event: $event, msg: (.frame.type | kebab) }
  + (if $event == "send" then { to: (.peer | node) } else { from: (.peer | node) } end)
  + { id: $id, conn: .socket, hint: .frame.hint, reason: .frame.reason }
  + (.frame | claims) + { key: .frame.keyFingerprint };

def note($event; $members): { type: "event", node: (.process | node), event: $event } + $members;

# @id: the number of the frame's id, null without a frame.
def record($id):
  if .event == "frame-sent" then frame("send"; $id)
  elif .event == "frame-received" then frame("receive"; $id)
  elif .event == "socket-opened" then note("connection-opened"; { client: (.client | node), conn: .socket })
  elif .event == "socket-closed" then note("connection-closed"; { client: (.client | node), conn: .socket, reason })
  elif .event == "session-established" then note("established"; { hint })
  elif .event == "session-released" then note("released"; { hint, reason })
  elif .event == "key-stored" then note("key-made"; { hint, key: .keyFingerprint })
  elif .event == "key-evicted" then note("key-discarded"; { hint, reason })
  elif .event == "key-served" then note("key-found"; { hint, key: .keyFingerprint })
  elif .event == "key-not-found" then note("key-missing"; { hint })
  elif .event == "token-checked" then
    note("token-judged"; { client: (.client | node), msg: (.type | kebab) } + claims + { now, leeway, result })
  elif .event == "editor-ready" then note("collaborating"; {})
  elif .event == "editor-error" then note("failed"; { reason })
  else empty end
  | present;

[inputs] as $lines
| { type: "trace",
    # Every node that is mentioned, also one that has no log.
    nodes: ([services[]] + ([$lines[] | .process, .peer, .client | select(. != null) | node] - [services[]] | unique)) },
  # Ids are texts there and numbers here; each is numbered when it comes for the first time.
  (foreach $lines[] as $line ({ n: 0 };
     if $line.frame.id == null then .id = null
     else ("id " + $line.frame.id) as $key | if has($key) then . else .n += 1 | setpath([$key]; .n) end | .id = .[$key] end;
     .id as $id | $line | record($id)))
