"""A server of ours on a temporary directory, with people in it, as the operator's commands make them.

It starts the built binary and ends it by its process id; it knows no dialect.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import time

BINARY = os.environ["KEEPWATCH_BINARY"]


def private_authority(folder):
    """A certificate authority of nobody, and a certificate for this machine signed by it."""
    folder = pathlib.Path(folder)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "names").write_text("subjectAltName=DNS:localhost,DNS:share.localhost,IP:127.0.0.1\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Keepwatch test authority",
            "-keyout", "ca.key", "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem")
    openssl("x509", "-req", "-in", "request.pem", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "cert.pem")
    return folder


class Server:
    """`keepwatch serve`, over http or, with the folder of an authority, https."""

    def __init__(self, authority=None):
        self.folder = tempfile.TemporaryDirectory(prefix="keepwatch-clients-")
        self.directory = os.path.join(self.folder.name, "data")
        self.authority = authority
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        self.port = 0
        self.start()
        self.url = f"{'https' if authority else 'http'}://localhost:{self.port}"

    def start(self):
        """Starts it, on the port that it had before."""
        command = [BINARY, "serve", "--data", self.directory, "--listen", f"127.0.0.1:{self.port}"]
        if self.authority:
            command += ["--tls-cert", str(self.authority / "cert.pem"), "--tls-key", str(self.authority / "key.pem")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if "listening on " not in line:
            raise SystemExit(f"the server did not start: {line} {self.written()}")
        self.port = int(line.strip().rsplit(":", 1)[1])

    def written(self):
        """What it has logged."""
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def command(self, *arguments):
        """An operator's command that prints JSON."""
        done = subprocess.run([BINARY, *arguments, "--data", self.directory, "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)} failed: {done.stderr}")
        return json.loads(done.stdout)

    def add_person(self, name, zone="Europe/Berlin"):
        return self.command("person", "add", name, "--time-zone", zone)

    def add_follower(self, person, name):
        return self.command("follower", "add", "--person", person["person"], name)

    def end(self, at_once=False):
        """Ends the process: in order, or as a power cut does."""
        if at_once:
            self.process.kill()
        else:
            self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.end()
        self.log.close()
        self.folder.cleanup()


def wait_for(what, seconds, interval=0.25):
    """The first true answer of `what`, or the last one when the time is over."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(interval)
