"""Every HTTP source: what passes is waited for; what does not stops the run and changes nothing."""

import socket
from importlib import import_module

import http_sources
import pytest

SOURCES = http_sources.found()
ALWAYS = 500


def where(holds):
    """The sources in which a case can happen; a declaration says why where it cannot."""
    return pytest.mark.parametrize("source", [s for s in SOURCES if holds(s)], ids=str, indirect=True)


every = where(lambda source: True)
CURSORS = {
    "repeat_cursor": (ALWAYS, "the API repeats a page cursor"),
    "no_cursor": (1, "the reply says there is more, without a cursor"),
}
# A report may be read several times; the reading that counts is among the first.
SEVERAL = 20
AGAIN = "run it again"


@pytest.fixture(scope="module")
def source(request):
    return request.param


@pytest.fixture(scope="module")
def folder(source, tmp_path_factory):
    return tmp_path_factory.mktemp(str(source))


@pytest.fixture
def loaded(source, folder, warehouse, monkeypatch):
    """Two days of the source, loaded once: no fault may change what is there."""
    warehouse.path = folder / "warehouse.duckdb"
    monkeypatch.setenv("APPORTION_DUCKDB_PATH", str(warehouse.path))
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    source.configure(monkeypatch)
    if not warehouse.path.exists():
        code, said = warehouse.load(source.name, **source.window)
        assert code == 0, said
    return warehouse


@pytest.fixture
def stops(source, loaded):
    """Run the load: it fails, says this, and leaves the warehouse as it was."""

    def check(*told, code=1):
        before = source.watched(loaded)
        failed, said = loaded.load(source.name, **source.window)
        assert failed == code, said
        for words in told:
            assert words in said, said
        assert "Traceback" not in said
        assert source.watched(loaded) == before
        return said

    return check


@pytest.fixture
def small_pages(source, monkeypatch):
    """Pages of a day, or as small as they get."""
    module = import_module(f"ingestion.sources.{source.name}")
    for name in source.small_pages:
        monkeypatch.setattr(module, name, 1)


@every
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param({"status": 401}, ["the API answered 401", "check that the key is right"], id="401"),
        pytest.param({"status": 403}, ["the API answered 403", "the key may not read this"], id="403"),
        pytest.param({"status": 404}, ["the API answered 404", "check the base URL"], id="404"),
        pytest.param({"status": 429, "retry_after": 0}, ["the API answered 429", "asks to wait"], id="429"),
        pytest.param({"status": 429, "retry_after": None}, ["the API answered 429"], id="429 without a time"),
        pytest.param({"status": 500}, ["the API answered 500", AGAIN], id="500"),
        pytest.param({"status": 503, "retry_after": 0}, ["the API answered 503", AGAIN], id="503"),
        pytest.param({"half_reply": ALWAYS}, ["the reply broke off in the middle"], id="half JSON"),
        pytest.param({"broken_reply": ALWAYS}, ["the connection broke off", AGAIN], id="broken connection"),
        pytest.param({"html_reply": ALWAYS}, ["the reply is text/html, not JSON"], id="a page for people"),
        pytest.param({"empty_reply": ALWAYS}, ["the reply is no page of data"], id="empty object"),
    ],
)
def test_a_fault_that_stays_is_told_and_changes_nothing(control, stops, source, fault, told):
    fault = {"times": ALWAYS, **fault} if "status" in fault else fault
    control("faults", provider=source.name, **fault)
    stops(source.name, *told)


@every
def test_one_403_among_good_replies_is_an_error_too(control, stops, source):
    control("faults", provider=source.name, path=source.path, status=403)
    stops("the API answered 403")


@every
def test_what_passes_is_waited_for(sandbox, control, loaded, source, monkeypatch):
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "6")
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.8")
    asked = [{"rate_limit": 1, "retry_after": 0}, {"rate_limit": 1, "retry_after": None}]
    for fault in [*asked, {"server_error": 1, "retry_after": 0}, {"slow": 1}, {"broken_reply": 1}]:
        control("faults", provider=source.name, **fault)
    code, said = loaded.load(source.name, **source.window)
    assert code == 0, said
    assert source.totals(loaded) == source.expected(sandbox)


@every
def test_an_api_that_does_not_answer_is_told(control, stops, source, monkeypatch):
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.3")
    control("faults", provider=source.name, slow=4, seconds=1)
    stops("the API did not answer in time", "RUNTIME__REQUEST_TIMEOUT")


@every
def test_an_api_that_takes_no_connection_is_told(stops, source, monkeypatch):
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.3")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        # Who comes after these is neither taken nor refused.
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        monkeypatch.setenv(source.variable("base_url"), f"http://127.0.0.1:{port}/none")
        stops("the API cannot be reached", f"127.0.0.1:{port}")
        for one in waiting:
            one.close()


@every
def test_an_api_that_is_not_there_is_told_with_its_address(stops, source, monkeypatch):
    monkeypatch.setenv(source.variable("base_url"), "http://127.0.0.1:9/none")
    stops("the API cannot be reached", "127.0.0.1:9")


@every
def test_a_missing_key_names_the_variable(stops, source, monkeypatch):
    monkeypatch.delenv(source.variable(source.key))
    stops(f"set {source.variable(source.key)}", code=2)


@every
def test_a_wrong_key_is_told_and_never_shown(stops, source, monkeypatch):
    for key, status in source.wrong_keys.items():
        monkeypatch.setenv(source.variable(source.key), key)
        said = stops(f"the API answered {status}", "key")
        assert key not in said


@where(lambda source: source.empty_page != "complete")
def test_an_empty_page_that_says_there_is_more_loses_no_row(sandbox, control, loaded, stops, source):
    control("faults", provider=source.name, path=source.path, empty_page=1)
    if source.empty_page == "refused":
        stops(source.name)
        return
    code, said = loaded.load(source.name, **source.window)
    assert code == 0, said
    assert source.totals(loaded) == source.expected(sandbox)


@pytest.mark.parametrize(
    ("source", "fault"),
    [(s, fault) for s in SOURCES for fault in CURSORS if not {"cursor", fault} & set(s.left_out)],
    ids=str,
    indirect=["source"],
)
def test_a_cursor_that_leads_nowhere_stops_the_run(control, stops, small_pages, source, fault):
    times, told = CURSORS[fault]
    control("faults", provider=source.name, path=source.path, **{fault: times})
    stops(told)


@every
def test_a_changed_type_stops_the_run(control, stops, source):
    assert source.changed
    for path, changed in source.changed.items():
        control("faults", provider=source.name, path=path, changed_type=changed, times=SEVERAL)
        stops(source.type_told)
        control("faults", reset=True)


@where(lambda source: source.too_large)
def test_a_limit_exceeded_is_told_in_the_words_of_the_provider(stops, source, monkeypatch):
    name, size = source.too_large
    monkeypatch.setattr(import_module(f"ingestion.sources.{source.name}"), name, size)
    stops("the API answered 400", source.refused)


@where(lambda source: "skew" not in source.left_out)
@pytest.mark.parametrize("days", [400, -400, 2], ids=["future", "past", "near"])
def test_a_day_that_was_not_asked_for_is_not_loaded(control, loaded, stops, source, days):
    control("faults", provider=source.name, path=source.path, shifted_days=days)
    if source.skew == "refused":
        stops("which was not asked for")
        return
    days_before = set(source.totals(loaded))
    code, said = loaded.load(source.name, **source.window)
    assert code == 0, said
    assert set(source.totals(loaded)) <= days_before


@where(lambda source: source.days_once)
def test_a_day_that_comes_twice_is_not_counted_twice(control, stops, source):
    control("faults", provider=source.name, path=source.path, shifted_days=1)
    stops("2026-11-10 twice")


amounts = where(lambda source: source.amount)


@amounts
@pytest.mark.parametrize(
    "amount",
    ["1,000.00", "NaN"],
)
def test_an_amount_that_is_none_names_its_row_and_its_mending(control, stops, source, amount):
    # An amount may be an object with its value and currency.
    wanted = {"bad_amount": amount} if source.amount == "amount" else {"new_value": {source.amount: amount}}
    control("faults", provider=source.name, path=source.path, times=SEVERAL, **wanted)
    said = stops(f'"{amount}" is no number')
    if source.names_rows:
        assert f"{source.table}, " in said
        assert "write a plain decimal number, like 1000.00" in said
        assert "data_docs/index.html" in said


@amounts
def test_a_missing_amount_is_no_zero(control, stops, source):
    control("faults", provider=source.name, path=source.path, missing_field=source.amount, times=SEVERAL)
    stops(f"has no {source.amount}")
