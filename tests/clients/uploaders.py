"""Uploaders that cannot be installed here, as sequences of plain requests: xDrip+, xdripswift, Spike and G7SensorKit over
Dexcom Share, xDrip+ and Loop over Nightscout. Written from what docs/protocols says of them; it uses no client's code.
"""

import gzip
import hashlib
import http.client
import json
import ssl
import urllib.parse

APPLICATION = "d89443d2-327c-4a6f-89e5-496bbb0317db"
TREND_NAMES = ["None", "DoubleUp", "SingleUp", "FortyFiveUp", "Flat", "FortyFiveDown", "SingleDown", "DoubleDown"]
SERIAL = "SM12345678"


class Refused(Exception):
    """An answer that an uploader would show to its user."""


class Wire:
    """One request at a time on a connection of its own, with exactly the headers given."""

    def __init__(self, url, authority=None):
        self.place = urllib.parse.urlsplit(url)
        self.context = ssl.create_default_context(cafile=str(authority / "ca.pem")) if authority else None

    def ask(self, method, path, headers, body=b""):
        if self.context:
            connection = http.client.HTTPSConnection(self.place.hostname, self.place.port, timeout=20, context=self.context)
        else:
            connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()


class Share:
    """The calls of the Dexcom Share dialect."""

    def __init__(self, wire, name, password, agent):
        self.wire, self.name, self.password = wire, name, password
        self.headers = {"User-Agent": agent, "Content-Type": "application/json", "Accept": "application/json"}

    def post(self, operation, body="", **query):
        path = f"/ShareWebServices/Services/{operation}"
        if query:
            path += "?" + urllib.parse.urlencode(query)
        text = body if isinstance(body, str) else json.dumps(body)
        return self.wire.ask("POST", path, self.headers, text.encode())

    def text(self, operation, body="", **query):
        """A call that answers a bare JSON string."""
        status, text, _ = self.post(operation, body, **query)
        if status != 200 or not (text.startswith('"') and text.endswith('"')):
            raise Refused(f"{operation}: {status} {text}")
        return text.strip('"')

    def credentials(self):
        return {"accountName": self.name, "password": self.password, "applicationId": APPLICATION}

    def log_in_by_name(self):
        return self.text("General/LoginPublisherAccountByName", self.credentials())

    def log_in_in_two_steps(self):
        account = self.text("General/AuthenticatePublisherAccount", self.credentials())
        body = {"accountId": account, "password": self.password, "applicationId": APPLICATION}
        return self.text("General/LoginPublisherAccountById", body)

    def post_records(self, session, records, serial=SERIAL):
        body = {"SN": serial, "Egvs": records, "TA": -5}
        return self.post("Publisher/PostReceiverEgvRecords", body, sessionId=session)


def record(at_ms, value, trend, with_name=False):
    date = f"/Date({at_ms // 1000 * 1000})/"
    made = {"Trend": trend, "Value": value, "ST": date, "DT": date}
    if with_name:
        made["direction"] = TREND_NAMES[trend]
    return made


def expect(status, text, operation):
    if status != 200:
        raise Refused(f"{operation}: {status} {text}")


def xdrip_share(wire, name, password, readings):
    """xDrip+ makes everything anew for each reading and treats any status but 500 as final."""
    for at_ms, value, trend in readings:
        share = Share(wire, name, password, "CGM-Store-1.2/22 CFNetwork/711.5.6 Darwin/14.0.0")
        session = share.log_in_by_name()
        account = share.text("General/AuthenticatePublisherAccount", share.credentials(), sessionId=session, serialNumber=SERIAL)
        if len(account) != 36 or len(session) != 36:
            raise Refused("ids have 36 characters")
        status, text, _ = share.post("Publisher/StartRemoteMonitoringSession", sessionId=session, serialNumber=SERIAL)
        expect(status, text, "StartRemoteMonitoringSession")
        check = "Publisher/CheckMonitoredReceiverAssignmentStatus"
        if share.text(check, sessionId=session, serialNumber=SERIAL) != "AssignedToYou":
            raise Refused("the receiver is not assigned")
        status, text, _ = share.post_records(session, [record(at_ms, value, trend)])
        expect(status, text, "PostReceiverEgvRecords")


def xdripswift_share(wire, name, password, readings):
    """xdripswift keeps a session, logs in again when it died, and takes `DuplicateEgvPosted` for done."""
    share = Share(wire, name, password, "Dexcom%20Share/3.0.2.11 CFNetwork/711.2.23 Darwin/14.0.0")
    session = "d89443d2-327c-4a6f-89e5-496bbb0317db"
    records = [record(at_ms, value, trend, True) for at_ms, value, trend in readings]
    for _ in range(3):
        status, text, _ = share.post_records(session, records)
        if status == 200:
            if text:
                json.loads(text)
            return
        code = json.loads(text)["Code"]
        if code in ("SessionNotValid", "SessionIdNotFound"):
            session = share.log_in_in_two_steps()
        elif code == "MonitoringSessionNotActive":
            share.post("Publisher/StartRemoteMonitoringSession", sessionId=session, serialNumber=SERIAL)
        elif code == "DuplicateEgvPosted":
            return
        else:
            raise Refused(text)
    raise Refused("three attempts were not enough")


def spike_share(wire, name, password, readings):
    """Spike logs in by name and takes any text in the answer for a failure."""
    share = Share(wire, name, password, "Spike")
    session = share.log_in_by_name()
    newest_last = [record(at_ms, value, trend, True) for at_ms, value, trend in sorted(readings)]
    status, text, _ = share.post_records(session, newest_last)
    if status != 200 or text:
        raise Refused(f"{status} {text}")


def g7sensorkit_share(wire, name, password, readings):
    """G7SensorKit starts the session first; a session that is active already is success."""
    share = Share(wire, name, password, "G7SensorKit")
    session = share.log_in_in_two_steps()
    status, text, _ = share.post("Publisher/StartRemoteMonitoringSession", sessionId=session, serialNumber=SERIAL)
    if status != 200 and json.loads(text)["Code"] != "MonitoringSessionAlreadyActive":
        raise Refused(text)
    status, text, _ = share.post_records(session, [record(at_ms, value, 8) for at_ms, value, _ in readings])
    expect(status, text, "PostReceiverEgvRecords")
    status, text, _ = share.post("Publisher/ListPublisherAccountSubscriptions", sessionId=session)
    expect(status, text, "ListPublisherAccountSubscriptions")
    json.loads(text)


def nightscout_headers(secret):
    return {"api-secret": hashlib.sha1(secret.encode()).hexdigest(), "Content-Type": "application/json"}


def xdrip_nightscout(wire, secret, readings):
    """xDrip+ looks at the status once a day, then posts arrays, packed once it has seen that it may."""
    headers = nightscout_headers(secret) | {"Accept": "application/json"}
    status, text, _ = wire.ask("GET", "/api/v1/status.json", headers)
    expect(status, text, "status.json")
    json.loads(text)["settings"]["units"]
    entries = [
        {"device": "xDrip-DexcomG6", "date": at_ms, "sgv": value, "direction": TREND_NAMES[trend], "type": "sgv",
         "filtered": value * 1000, "unfiltered": value * 1000, "rssi": 100, "noise": 1}
        for at_ms, value, trend in readings
    ]
    body = gzip.compress(json.dumps(entries).encode())
    status, text, _ = wire.ask("POST", "/api/v1/entries", headers | {"Content-Encoding": "gzip"}, body)
    expect(status, text, "entries")
    answered = json.loads(text)
    if [entry["sgv"] for entry in answered] != [entry["sgv"] for entry in entries]:
        raise Refused(f"the answer is not the batch: {text}")


def loop_nightscout(wire, secret, readings):
    """Loop tests the secret and accepts nothing but 200."""
    headers = nightscout_headers(secret) | {"Accept": "application/json"}
    status, text, _ = wire.ask("GET", "/api/v1/experiments/test", headers)
    expect(status, text, "experiments/test")
    entries = [{"date": at_ms, "sgv": value, "device": "loop://iPhone", "type": "sgv", "trend": trend} for at_ms, value, trend in readings]
    status, text, _ = wire.ask("POST", "/api/v1/entries", headers, json.dumps(entries).encode())
    expect(status, text, "entries")
    if any(len(entry["_id"]) != 24 for entry in json.loads(text)):
        raise Refused(f"an entry without an _id: {text}")
