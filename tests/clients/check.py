"""What real clients read and write, against the built server over http and https.

Each check is one line, `ok` or `FAILED` with the reason; the last line counts them. Nothing leaves this machine.
"""

import argparse
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback
import zoneinfo

import uploaders
from server import Server, private_authority, wait_for

STEP_MS = 300_000


class Results:
    """The tally."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, name, deed):
        try:
            deed()
            self.passed += 1
            print(f"ok      {name}", flush=True)
        except Exception:
            self.failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)


def same(found, wanted, what="values"):
    if found != wanted:
        raise AssertionError(f"{what}: found {found}, wanted {wanted}")


class Scene:
    """One server, its people, and the readings that uploaders are to bring, newest first."""

    def __init__(self, server, clients):
        self.server, self.clients = server, clients
        self.ada = server.add_person("Ada")
        self.ben = server.add_person("Ben", "America/New_York")
        self.cleo = server.add_person("Cleo", "Asia/Kolkata")
        self.grandma = server.add_follower(self.ada, "Grandma")
        self.wire = uploaders.Wire(server.url, server.authority)
        newest = (int(time.time() * 1000) - 20_000) // 1000 * 1000
        values = [39, 71, 84, 96, 110, 123, 137, 152, 180, 224, 401, 390]
        trends = [7, 6, 5, 5, 4, 4, 3, 3, 2, 1, 4, 4]
        self.readings = [(newest - index * STEP_MS, values[index], trends[index]) for index in range(len(values))]

    def values(self):
        return [value for _, value, _ in self.readings]

    def environment(self, **more):
        authority = self.server.authority
        given = dict(os.environ, CLIENTS=str(self.clients), SHARE_URL=self.server.url,
                     SHARE_NAME=self.grandma["read"]["share_username"], SHARE_PASSWORD=self.grandma["read"]["share_password"])
        if authority:
            given["NODE_EXTRA_CA_CERTS"] = str(authority / "ca.pem")
        return given | more

    def node(self, script, **more):
        path = pathlib.Path(__file__).with_name(script)
        done = subprocess.run(["node", str(path)], env=self.environment(**more), capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{script} ended with {done.returncode}: {done.stderr}")
        return done

    def entries(self, person, count=50):
        """What stands in a person's entries, as (time, value), newest first."""
        headers = uploaders.nightscout_headers(person["publish"]["nightscout_api_secret"])
        status, text, _ = self.wire.ask("GET", f"/api/v1/entries/sgv.json?count={count}", headers)
        uploaders.expect(status, text, "entries")
        return [(entry["date"], entry["sgv"]) for entry in json.loads(text)]


def upload(scene, results):
    """Every uploader brings its share of Ada's readings."""
    share = scene.ada["publish"]["share_username"], scene.ada["publish"]["share_password"]
    parts = [("xDrip+", uploaders.xdrip_share, slice(0, 2)), ("xdripswift", uploaders.xdripswift_share, slice(2, 6)),
             ("Spike", uploaders.spike_share, slice(6, 12))]
    for name, deed, part in parts:
        results.check(f"{name} uploads over Share", lambda: deed(scene.wire, *share, scene.readings[part]))
    again = scene.readings[2:6]
    results.check("xdripswift uploads the same again", lambda: uploaders.xdripswift_share(scene.wire, *share, again))
    results.check("G7SensorKit uploads what is known in part", lambda: uploaders.g7sensorkit_share(
        scene.wire, *share, [scene.readings[3], (scene.readings[-1][0] - STEP_MS, 385, 4)]))
    scene.readings.append((scene.readings[-1][0] - STEP_MS, 385, 8))

    def refused():
        try:
            uploaders.spike_share(scene.wire, scene.grandma["read"]["share_username"],
                                  scene.grandma["read"]["share_password"], scene.readings[:1])
        except uploaders.Refused as refusal:
            same("PublishNotAllowed" in str(refusal), True, str(refusal))
            return
        raise AssertionError("a follower could upload")

    results.check("a follower's credentials upload nothing", refused)


def read_with_pydexcom(scene, results):
    import pydexcom
    from pydexcom import const, errors

    const.DEXCOM_BASE_URLS[const.Region.US] = f"{scene.server.url}/ShareWebServices/Services/"
    if scene.server.authority:
        os.environ["REQUESTS_CA_BUNDLE"] = str(scene.server.authority / "ca.pem")
    read = scene.grandma["read"]

    def values():
        client = pydexcom.Dexcom(username=read["share_username"], password=read["share_password"])
        readings = client.get_glucose_readings()
        same([reading.value for reading in readings], scene.values())
        same([reading.trend for reading in readings], [trend for _, _, trend in scene.readings], "trends")
        same([int(reading.datetime.timestamp() * 1000) for reading in readings], [at for at, _, _ in scene.readings], "times")
        at_home = readings[0].datetime.astimezone(zoneinfo.ZoneInfo("Europe/Berlin"))
        same(readings[0].datetime.utcoffset(), at_home.utcoffset(), "offset")
        same(client.get_latest_glucose_reading().value, 39)
        same(client.get_current_glucose_reading().value, 39)
        by_account = pydexcom.Dexcom(account_id=client.account_id, password=read["share_password"])
        same(len(by_account.get_glucose_readings(minutes=10, max_count=1)), 1)

    def dead_session():
        client = pydexcom.Dexcom(username=read["share_username"], password=read["share_password"])
        client._session_id = "d89443d2-327c-4a6f-89e5-496bbb0317db"
        same(client.get_latest_glucose_reading().value, 39)

    def restarted():
        client = pydexcom.Dexcom(username=read["share_username"], password=read["share_password"])
        session = client._session_id
        scene.server.end(at_once=True)
        scene.server.start()
        same([reading.value for reading in client.get_glucose_readings()], scene.values())
        same(client._session_id, session, "session")

    def wrong_password():
        try:
            pydexcom.Dexcom(username=read["share_username"], password="guess")
        except errors.AccountError as refusal:
            same(refusal.enum, errors.AccountErrorEnum.FAILED_AUTHENTICATION)
            return
        raise AssertionError("a wrong password let somebody in")

    def many_wrong_passwords():
        for _ in range(8):
            try:
                pydexcom.Dexcom(username="somebody", password="guess")
            except errors.AccountError as refusal:
                last = refusal.enum
        same(last, errors.AccountErrorEnum.MAX_ATTEMPTS)

    results.check("pydexcom reads values, trends, times and zone", values)
    results.check("pydexcom logs in again when its session is dead", dead_session)
    results.check("pydexcom keeps its session and its readings when the server is killed and starts again", restarted)
    results.check("pydexcom is told of a wrong password", wrong_password)
    results.check("pydexcom is told of too many wrong passwords", many_wrong_passwords)


def read_with_share_api(scene, results):
    def values():
        readings = json.loads(scene.node("share_api.cjs").stdout)
        same([reading["mgdl"] for reading in readings], scene.values())
        same([reading["timestamp"] for reading in readings], [at for at, _, _ in scene.readings], "times")
        same(readings[0]["trend"], "doubledown", "trend")

    results.check("dexcom-share-api reads values and times", values)


def read_with_py_nightscout(scene, results):
    import ssl

    import aiohttp
    import py_nightscout

    async def fetch(secret):
        authority = scene.server.authority
        context = ssl.create_default_context(cafile=str(authority / "ca.pem")) if authority else None
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context or True)) as session:
            api = py_nightscout.Api(scene.server.url, api_secret=secret, session=session)
            return await api.get_sgvs(), await api.get_server_status()

    def reads(secret):
        sgvs, status = asyncio.run(fetch(secret))
        same([sgv.sgv for sgv in sgvs], scene.values()[:10])
        same([int(sgv.date.timestamp() * 1000) for sgv in sgvs], [at for at, _, _ in scene.readings[:10]], "times")
        same(sgvs[1].direction, "SingleDown", "direction")
        same((status.status, status.settings["units"]), ("ok", "mg/dl"), "status")

    def wrong():
        import aiohttp
        try:
            asyncio.run(fetch("a wrong secret"))
        except aiohttp.ClientResponseError as refusal:
            same(refusal.status, 401)
            return
        raise AssertionError("a wrong secret let somebody in")

    token = scene.grandma["read"]["nightscout_token"]
    results.check("py-nightscout reads with the API secret", lambda: reads(scene.ada["publish"]["nightscout_api_secret"]))
    results.check("py-nightscout reads with a follower's token", lambda: reads(f"token={token}"))
    results.check("py-nightscout is told of a wrong secret", wrong)


def bridge(scene, results):
    """share2nightscout-bridge reads Ada as her follower and writes to Ben."""
    def both_ends():
        done = scene.node("bridge.cjs", NIGHTSCOUT_URL=scene.server.url, API_SECRET=scene.ben["publish"]["nightscout_api_secret"])
        rounds = [json.loads(line) for line in done.stdout.splitlines()]
        same([len(entries) for entries in rounds], [len(scene.readings), 3], f"rounds ({done.stderr})")
        same(scene.entries(scene.ben), [(at, value) for at, value, _ in scene.readings])

    results.check("share2nightscout-bridge carries from Share to Nightscout", both_ends)


def connect(scene, results):
    """nightscout-connect reads Ada as her follower and writes to Cleo; it speaks https to Share and nothing else."""
    def both_ends():
        path = pathlib.Path(__file__).with_name("connect.cjs")
        given = scene.environment(SHARE_HOST=f"localhost:{scene.server.port}", NIGHTSCOUT_URL=scene.server.url,
                                  API_SECRET=scene.cleo["publish"]["nightscout_api_secret"])
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(["node", str(path)], env=given, stdout=said, stderr=said, text=True)
            try:
                wanted = [(at, value) for at, value, _ in scene.readings]
                found = wait_for(lambda: (entries := scene.entries(scene.cleo)) == wanted and entries, 60)
            finally:
                process.terminate()
                process.wait(timeout=10)
            said.seek(0)
            same(found, wanted, f"entries; it said: {said.read()[-3000:]}")

    results.check("nightscout-connect carries from Share to Nightscout", both_ends)


def nightscout_uploads(scene, results):
    """Two Nightscout uploaders write to one person; both are sources of hers."""
    dora = scene.server.add_person("Dora")
    secret = dora["publish"]["nightscout_api_secret"]
    newest = scene.readings[0][0]
    results.check("xDrip+ uploads over Nightscout, packed",
                  lambda: uploaders.xdrip_nightscout(scene.wire, secret, [(newest, 101, 4), (newest - STEP_MS, 99, 4)]))
    results.check("Loop uploads over Nightscout",
                  lambda: uploaders.loop_nightscout(scene.wire, secret, [(newest - 1_000, 102, 4)]))
    results.check("all entries of both are given back",
                  lambda: same([value for _, value in scene.entries(dora)], [101, 102, 99]))
    share = dora["publish"]["share_username"], dora["publish"]["share_password"]

    def over_share():
        client = uploaders.Share(scene.wire, *share, "test")
        session = client.log_in_in_two_steps()
        _, text, _ = client.post("Publisher/ReadPublisherLatestGlucoseValues", sessionId=session, minutes=1440, maxCount=288)
        same([record["Value"] for record in json.loads(text)], [101, 99])

    results.check("over Share the shown source alone", over_share)


def play(scene, results):
    upload(scene, results)
    read_with_pydexcom(scene, results)
    read_with_share_api(scene, results)
    read_with_py_nightscout(scene, results)
    bridge(scene, results)
    if scene.server.authority:
        connect(scene, results)
    nightscout_uploads(scene, results)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=pathlib.Path, required=True, help="where the clients are installed")
    clients = parser.parse_args().clients
    results = Results()
    with tempfile.TemporaryDirectory(prefix="keepwatch-authority-") as folder:
        for authority in (None, private_authority(folder)):
            server = Server(authority)
            try:
                print(f"== {server.url}", flush=True)
                play(Scene(server, clients), results)
            finally:
                server.stop()
    print(f"real clients: {results.passed} passed, {results.failed} failed")
    sys.exit(1 if results.failed else 0)


main()
