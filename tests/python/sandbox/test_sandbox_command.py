"""The command: it says when it is ready, and ends when it is told to."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from ingestion.sandbox import Sandbox, apis, server

REPO = Path(__file__).parents[3]
SMALL = ["--days", "2", "--until", "2026-11-12", "--scale", "0.1"]


def run(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion.sandbox", *arguments],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(path, process):
    for _ in range(2400):
        if path.exists():
            return dict(pair.split("=", 1) for pair in shlex.split(path.read_text()))
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    raise AssertionError("never ready")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_cleanly(tmp_path, number):
    ready = tmp_path / "elsewhere" / "env"
    process = run(*SMALL, "--exports", str(tmp_path), "--env-file", str(ready))
    env = wait_for(ready, process)
    reply = requests.get(
        f"{env['SOURCES__OPENAI__BASE_URL']}/organization/projects",
        headers={"Authorization": f"Bearer {env['SOURCES__OPENAI__API_KEY']}"},
        timeout=10,
    )
    assert reply.status_code == 200
    # whoever sees the environment finds the files complete
    folders = [Path(folder) for folder in json.loads(env["SOURCES__FOCUS__BUCKET_URL"])]
    assert [folder.name for folder in folders] == ["aws", "eu_hosting", "vector_db"]
    assert all(any(folder.rglob("*.*")) for folder in folders)
    assert Path(env["SOURCES__BUSINESS_OUTPUTS__BUCKET_URL"]).is_absolute()
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert str(ready) in out.splitlines()[-1]
    # each API, and the control of tests
    assert sum("http://127.0.0.1:" in line for line in out.splitlines()) == len(apis.modules()) + 1


def test_the_environment_of_an_earlier_run_is_gone_at_once(tmp_path):
    stale = tmp_path / "sandbox.env"
    stale.write_text("SOURCES__OPENAI__BASE_URL=http://127.0.0.1:1/openai/v1\n")
    sandbox = Sandbox(days=1, scale=0.05, exports=tmp_path)
    # the simulation is what takes time: by then the old file must be gone
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "World", lambda **_: pytest.fail("stale") if stale.exists() else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sandbox.start()
    with sandbox:
        assert f"SOURCES__OPENAI__BASE_URL={sandbox.base_url}/openai/v1" in stale.read_text()


def test_a_port_that_is_taken_is_said_in_one_line(sandbox, tmp_path):
    port = sandbox.base_url.rsplit(":", 1)[1]
    process = run(*SMALL, "--port", port, "--exports", str(tmp_path))
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {port} is taken" in err.splitlines()[-1]


@pytest.mark.parametrize("bad", [["--days", "0"], ["--scale", "0"], ["--until", "tomorrow"]])
def test_bad_options_are_said_in_one_line(bad, tmp_path):
    process = run(*bad, "--exports", str(tmp_path))
    _, err = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Traceback" not in err


def test_it_listens_on_loopback_only(sandbox):
    assert sandbox.base_url.startswith("http://127.0.0.1:")
    assert sandbox._server.server_address[0] == "127.0.0.1"


def test_a_path_that_is_not_there(sandbox):
    assert requests.get(f"{sandbox.base_url}/openai/v1/models", timeout=5).status_code == 404
    assert requests.get(f"{sandbox.base_url}/sandbox/status", timeout=5).json()["last"]
