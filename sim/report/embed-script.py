"""Prints the file argv[1], a script of the page, as a C string. The page is XML as well as HTML, so the script stands in a CDATA section
that HTML takes for a comment of the script."""
import sys

script = open(sys.argv[1], encoding="utf-8").read()
if "]]>" in script or "</script" in script.lower() or "<!--" in script:
    sys.exit("%s would end its element" % sys.argv[1])
print("/* Made from player.js. */")
print('#include "player-script-private.h"')
print("const char sr_player_js[] =")
for line in ["/*<![CDATA[*/"] + script.splitlines() + ["/*]]>*/"]:
    print('"%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?"))
print(";")
