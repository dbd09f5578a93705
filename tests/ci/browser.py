"""Chromium, driven over the pipe of its debugging protocol: a fresh profile, no network, every word of its console and every request
of the page kept."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

KEYS = {" ": ("Space", 32), "Home": ("Home", 36), "End": ("End", 35), "ArrowLeft": ("ArrowLeft", 37), "ArrowRight": ("ArrowRight", 39),
        "ArrowUp": ("ArrowUp", 38), "ArrowDown": ("ArrowDown", 40), "PageUp": ("PageUp", 33), "PageDown": ("PageDown", 34), "Tab": ("Tab", 9),
        "Enter": ("Enter", 13)}


class Browser:
    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        self.profile = tempfile.TemporaryDirectory()
        read_commands, self.commands = os.pipe()
        self.answers, write_answers = os.pipe()

        def use_pipes():
            # Out of the way first: either may be 3 or 4.
            a, b = os.dup(read_commands), os.dup(write_answers)
            high_a, high_b = 60, 61
            os.dup2(a, high_a)
            os.dup2(b, high_b)
            os.dup2(high_a, 3)
            os.dup2(high_b, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-extensions", "--disable-default-apps", "--no-first-run", "--hide-scrollbars",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + self.profile.name, "--remote-debugging-pipe", "about:blank"],
            preexec_fn=use_pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read_commands)
        os.close(write_answers)
        self.buffer = b""
        self.number = 0
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def read(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                raise SystemExit("the browser does not answer")
            part = os.read(self.answers, 1 << 20)
            if part == b"":
                raise SystemExit("the browser has gone")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        if self.session is not None:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + 600
        while True:
            message = self.read(deadline)
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def wait(self, method):
        """The next event of that name."""
        deadline = time.monotonic() + 600
        while True:
            for i, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(i)
            self.events.append(self.read(deadline))

    def open(self, path):
        """Opens a file; what was heard before is forgotten."""
        self.events = []
        self.call("Page.navigate", url="file://" + path)
        self.wait("Page.loadEventFired")

    def said(self):
        """What the console heard, and what the page asked for besides itself."""
        self.call("Runtime.evaluate", expression="0")
        words = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.consoleAPICalled":
                words.append("console: %s" % params["args"])
            elif method == "Runtime.exceptionThrown":
                words.append("exception: %s" % params["exceptionDetails"])
            elif method == "Log.entryAdded":
                words.append("log: %s" % params["entry"]["text"])
            elif method == "Network.requestWillBeSent" and params["request"]["url"] != params["documentURL"] \
                    and params["request"]["url"] != "data:,":
                words.append("request: %s" % params["request"]["url"][:200])
        return words

    def js(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise SystemExit("%s: %s" % (expression[:200], result["exceptionDetails"]))
        return result["result"].get("value")

    def press(self, key):
        code, number = KEYS.get(key, ("Key" + key.upper(), ord(key.upper()) if len(key) == 1 else 0))
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 8 if len(key) == 1 and key.isupper() else 0}
        text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **event, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def cpu(self):
        """Seconds of CPU that pages have taken."""
        session, self.session = self.session, None
        processes = self.call("SystemInfo.getProcessInfo")["processInfo"]
        self.session = session
        return sum(process["cpuTime"] for process in processes if process["type"] == "renderer")

    def look(self, width, height, dark=False, calm=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}])

    def picture(self, path, whole=False):
        import base64
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait(300)
        self.profile.cleanup()
