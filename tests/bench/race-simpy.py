#!/usr/bin/env python3
"""race-simpy.py N RACES: the full race of hand-written.c in SimPy, as one would write it there: each client is a process with an inbox.

Prints one line of whole numbers and seconds: races, messages, their squares, end instants in ms, their squares, races that the
first client won, CPU seconds of the loop. Exits with 77 where there is no SimPy."""
import random
import sys
import time

try:
    import simpy
except ImportError:
    print("no SimPy")
    sys.exit(77)

SIGNING, GENERATING, LOOKING_UP, DERIVING, LIFETIME = 1.0, 20.0, 10.0, 25.0, 300


class Race:
    """The services and the links; times are in ms."""

    def __init__(self, n_clients, draw):
        self.env = simpy.Environment()
        self.signer = simpy.Resource(self.env, capacity=1)
        self.draw = draw
        self.messages = self.keys = 0
        self.owner = self.content = None
        self.connected = []
        self.clients = [Client(self) for _ in range(n_clients)]

    def send(self, client, way, action, *arguments):
        """Does `action` when a message has crossed the link, in order."""
        now = self.env.now
        at = client.last[way] = max(client.last.get(way, 0.0), now + self.draw(10.0, 80.0))
        self.messages += 1
        self.env.timeout(at - now).callbacks.append(lambda _: action(*arguments))

    def tell(self, client, way, word, value=None):
        self.send(client, way, client.inbox.put, (word, value))

    def admit(self, client):
        issued = client.token
        assert issued <= int(self.env.now / 1000) < issued + LIFETIME

    def token_request(self, client):
        self.env.process(self.sign(client))

    def sign(self, client):
        with self.signer.request() as turn:
            yield turn
            yield self.env.timeout(SIGNING)
        self.tell(client, "from signer", "token", int(self.env.now / 1000))

    def connect(self, client):
        self.admit(client)
        self.connected.append(client)
        self.tell(client, "from server", "connected")

    def session_request(self, client):
        self.tell(client, "from server", "none" if self.content is None else "available", self.content)

    def new_key_request(self, client):
        self.env.timeout(GENERATING).callbacks.append(lambda _: self.made(client))

    def made(self, client):
        self.keys += 1
        self.tell(client, "from store", "new key", self.keys)

    def create(self, client):
        self.admit(client)
        if self.owner is None:
            self.owner = client
        self.tell(client, "from server", "accepted" if self.owner is client else "rejected")

    def upload(self, key):
        self.content = key
        for client in self.connected:
            self.tell(client, "from server", "available", key)

    def key_request(self, client, hint):
        self.env.timeout(LOOKING_UP).callbacks.append(lambda _: self.tell(client, "from store", "key", hint))

    def join(self, client):
        self.admit(client)
        self.tell(client, "from server", "content", self.content)


class Client:
    def __init__(self, race):
        self.race, self.last, self.token, self.done = race, {}, None, False
        self.inbox = simpy.Store(race.env)
        race.env.process(self.take_part())

    def until(self, *words):
        """The next message that is one of `words`, others are late answers; `available` always counts."""
        while True:
            word, value = yield self.inbox.get()
            if word in words:
                return word, value

    def create_session(self):
        """Steps 1 to 6. Returns the hint of somebody else's session, or None when its own is established."""
        race = self.race
        race.send(self, "to server", race.session_request, self)
        word, value = yield from self.until("none", "available")
        if word == "available":
            return value
        race.send(self, "to store", race.new_key_request, self)
        word, value = yield from self.until("new key", "available")
        if word == "available":
            return value
        key = value
        due, message = race.env.timeout(DERIVING), self.inbox.get()
        yield due | message
        if message.triggered:
            return message.value[1]
        message.cancel()
        race.send(self, "to server", race.create, self)
        word, value = yield from self.until("accepted", "rejected", "available")
        if word == "accepted":
            race.send(self, "to server", race.upload, key)
            yield from self.until("available")
            return None
        if word == "rejected":
            word, value = yield from self.until("available")
        return value

    def take_part(self):
        race = self.race
        race.send(self, "to signer", race.token_request, self)
        _, self.token = yield from self.until("token")
        race.send(self, "to server", race.connect, self)
        yield from self.until("connected")
        hint = yield from self.create_session()
        if hint is not None:
            race.send(self, "to store", race.key_request, self, hint)
            _, key = yield from self.until("key")
            yield race.env.timeout(DERIVING)
            race.send(self, "to server", race.join, self)
            _, content = yield from self.until("content")
            assert key == content
        self.done = True


def main():
    n_clients, n_races = int(sys.argv[1]), int(sys.argv[2])
    totals = [0, 0, 0, 0, 0]
    begin = time.process_time()
    for seed in range(1, n_races + 1):
        race = Race(n_clients, random.Random(seed).uniform)
        race.env.run()
        assert all(client.done for client in race.clients)
        end = race.env.now
        for i, value in enumerate((race.messages, race.messages ** 2, end, end * end, race.owner is race.clients[0])):
            totals[i] += value
    seconds = time.process_time() - begin
    print(n_races, totals[0], totals[1], totals[2], totals[3], int(totals[4]), seconds)


main()
