"""The key of a tuple: two lines have the same one exactly where all that rules may look at is the same."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

VALUES = st.one_of(st.none(), st.sampled_from(["", "a", "b", "ab", '{"team":"a"}']))
FEW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def key(macro, memory):
    """key(fields): the key of a tuple whose other fields are absent."""
    attributes = macro("tag_attributes").values()
    ids = [attribute["id"] for attribute in attributes]
    names = [attribute["name"] for attribute in attributes if "name" in attribute]
    columns = ["charge_kind", "labels", *ids, *names]
    texts = ", ".join(f"cast(? as varchar) as {column}" for column in columns)
    sql = f"select {macro('tag_key')} from (select {texts})"
    return lambda fields: memory.execute(sql, [fields.get(column) for column in columns]).fetchone()[0]


FIELDS = ["charge_kind", "labels", "service_provider_name", "sub_account_id", "service_name", "x_workload"]
TUPLES = st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUES))


@FEW
@example(one={"labels": '{"team":"a"}'}, other={"labels": '{"team":"b"}'})
@example(one={"service_name": "a", "region_id": None}, other={"service_name": None, "region_id": "a"})
@example(one={"sub_account_id": ""}, other={"sub_account_id": None})
@example(one={"sub_account_name": "a"}, other={"sub_account_name": "b"})
@given(one=TUPLES, other=TUPLES)
def test_only_the_same_tuple_has_the_same_key(key, one, other):
    names = one.keys() | other.keys()
    same = all(one.get(name) == other.get(name) for name in names)
    assert (key(one) == key(other)) == same


@pytest.mark.parametrize("id_column", ["sub_account", "x_api_key", "region"])
def test_a_new_name_of_an_id_makes_no_new_tuple(key, id_column):
    one, other = ({f"{id_column}_id": "1", f"{id_column}_name": name} for name in ("old", "new"))
    assert key(one) == key(other)
