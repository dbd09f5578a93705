#!/usr/bin/env python3
"""The smallest provider, in any language: one line in, one line out, no library. A key for each document and hint, kept for ever."""
import base64, hashlib, json, sys

keys, seed = {}, ""
for line in sys.stdin:
    message, answer = json.loads(line), {"type": "idle"}
    if message["type"] == "hello":
        answer = {"type": "hello", "protocol": 1, "name": "provider.py", "asks": ["key"]}
    elif message["type"] == "start":
        keys, seed = {}, message["seed"]
    elif message["type"] == "request":
        document, hint = message["document"], message["hint"]
        if hint is None:
            hint = f"h{len(keys)}"
            keys[document, hint] = base64.b64encode(hashlib.sha256(f"{seed} {hint}".encode()).digest()).decode()
        key = keys.get((document, hint))
        told = {"key": key, "hint": hint} if key else {"error": f"no key under {hint}", "reason": "unknown-hint"}
        answer["answers"] = [{"id": message["id"], **told}]
    elif message["type"] == "bye":
        break
    print(json.dumps(answer), flush=True)
