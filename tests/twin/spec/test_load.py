"""From TOML to a spec: inheritance, merging, origins, and every problem told at once."""

import tomllib

import pytest

import twin
from twin.spec import load as loader
from twin.spec.errors import SpecError
from twin.spec.load import build, load, loads, sources
from twin.spec.merge import Leaf, inherited, mark, merge
from twin.spec.paths import leaves

GB300 = twin.load("gb300-nvl72")


def refusal(text):
    with pytest.raises(SpecError) as caught:
        loads(text, "mine")
    return caught.value.problems


def child(text):
    return loads('inherit = "gb300-nvl72"\n' + text, "mine")


# Names and files


def test_the_catalogue_lists_its_systems_and_hides_what_is_none():
    assert {"gb200-nvl72", "gb300-nvl72", "vr-nvl72", "hgx-h100"} <= set(twin.systems())
    assert not [name for name in twin.systems() if name.startswith("_") or name == "sources"]
    assert "none" in sources()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gb300-nvl27", "near names: gb300-nvl72"),
        ("zzz", "known: gb200-nvl72"),
        ("sources", "unknown system"),
        ("_common", "unknown system"),
        ("", "unknown system"),
        ("gb300-nvl72\0", "unknown system"),
    ],
)
def test_an_unknown_system_is_answered_with_names(name, says):
    with pytest.raises(SpecError, match=says):
        load(name)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'title = "half', "not valid TOML.*end of document"),
        (b"[rack", "not valid TOML"),
        (b'title = "\xff"', "not UTF-8"),
        (b"x = " + b"9" * 5000, "not valid TOML"),
        (b"x = " + b"[" * 100_000, "nested too deeply"),
        (b"a = 1\na = 2", "not valid TOML.*overwrite"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path, content, says):
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(SpecError, match=f"mine.toml: .*{says}"):
        load(tmp_path / "mine.toml")


def test_a_missing_file_and_a_folder_are_named_with_their_path(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    for place, says in (
        ("lost.toml", "No such file"),
        ("folder.toml", "Is a directory"),
        ("a\0.toml", "cannot be read"),
    ):
        with pytest.raises(SpecError, match=says) as caught:
            load(tmp_path / place)
        assert str(tmp_path) in str(caught.value)


def test_a_file_may_start_with_a_byte_order_mark_and_gives_the_spec_its_name(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b'\xef\xbb\xbfinherit = "gb300-nvl72"\r\n')
    spec = load(str(tmp_path / "mine.toml"))
    assert spec.name == "mine"
    assert spec == child("")


def test_a_catalogue_entry_is_read_once():
    assert load("gb300-nvl72") is load("gb300-nvl72")


# Inheritance


def test_a_file_that_inherits_changes_only_what_it_says():
    spec = child('[cooling]\nsupply_temperature = "40 degC"')
    before = dict(leaves(GB300)) | {("name",): "mine"}
    changed = {steps for steps, value in leaves(spec) if value != before[steps]}
    assert changed == {("cooling", "supply_temperature")}


def test_a_chain_of_entries_is_followed_to_its_end():
    gb200 = load("gb200-nvl72")
    assert gb200.rack.trays[0].chips[0].power.tdp == 1200.0
    assert gb200.rack.busbar == GB300.rack.busbar
    assert gb200.provenance["rack.trays.compute.chips.gpu.power.tdp"].source == "nvidia-dps"
    assert gb200.provenance["rack.busbar.rated_current"] == GB300.provenance["rack.busbar.rated_current"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('inherit = "gb300"', "near names: gb300-nvl72"),
        ('inherit = "_nothing"', "unknown system '_nothing'"),
        ('inherit = "_/../sources"', "unknown system"),
        ("inherit = 5", "in quotes"),
        ('inherit = {value = "gb300-nvl72"}', "in quotes"),
    ],
)
def test_an_inheritance_that_leads_nowhere_is_refused(text, says):
    (problem,) = refusal(text)
    assert says in problem


def test_a_circle_of_entries_is_refused_with_the_way_round():
    documents = {"a": {"inherit": "b"}, "b": {"inherit": "c"}, "c": {"inherit": "a"}}
    with pytest.raises(SpecError, match="a → b → c → a is a circle"):
        inherited(documents["a"], "a", documents.__getitem__)
    with pytest.raises(SpecError, match="x → a → b → c → a is a circle"):
        inherited({"inherit": "a"}, "x", documents.__getitem__)


def test_a_file_may_carry_the_name_of_the_entry_it_inherits_from(tmp_path):
    (tmp_path / "gb300-nvl72.toml").write_text('inherit = "gb300-nvl72"')
    assert load(tmp_path / "gb300-nvl72.toml") == GB300


# Merging


def plain(marked):
    if isinstance(marked, dict):
        return {key: plain(value) for key, value in marked.items()}
    return [plain(item) for item in marked] if isinstance(marked, list) else marked.value


def merged(base, over):
    first, second = (mark(tomllib.loads(text), name) for text, name in ((base, "base"), (over, "over")))
    return plain(merge(first, second))


NAMED = "[[t]]\nname = 'a'\nx = 1\n[[t]]\nname = 'b'\nx = 2\n"


def test_tables_merge_and_values_replace():
    assert merged("a = 1\n[t]\nx = 1\ny = 2", "[t]\ny = 3\nz = 4") == {"a": 1, "t": {"x": 1, "y": 3, "z": 4}}


def test_a_value_with_a_source_replaces_one_and_a_table_replaces_none():
    assert merged("x = {value = 1, status = 'quoted'}", "x = 2") == {"x": 2}
    assert mark({"x": {"value": 2}}, "d")["x"] == Leaf(2, {}, "d")
    assert merged("t = 'none'", "[t]\nx = 1") == {"t": {"x": 1}}
    assert merged("[t]\nx = 1", "t = 'none'") == {"t": "none"}


def test_a_list_that_names_some_entries_changes_those_and_keeps_the_order():
    assert merged(NAMED, "[[t]]\nname = 'b'\nx = 5") == {"t": [{"name": "a", "x": 1}, {"name": "b", "x": 5}]}


def test_a_list_that_names_all_entries_orders_them():
    found = merged(NAMED, "[[t]]\nname = 'b'\n[[t]]\nname = 'a'\nx = 7")
    assert found == {"t": [{"name": "b", "x": 2}, {"name": "a", "x": 7}]}


@pytest.mark.parametrize(
    "over",
    [
        "[[t]]\nname = 'c'\nx = 1",
        "[[t]]\nx = 1",
        "[[t]]\nname = 'a'\n[[t]]\nname = 'a'",
        "t = []",
        "t = [1, 2]",
    ],
)
def test_a_list_with_a_new_name_no_name_or_a_name_twice_replaces(over):
    assert merged(NAMED, over) == tomllib.loads(over)


def test_a_name_twice_is_refused_and_not_merged_away():
    tray = '[[rack.trays]]\nname = "compute"\n'
    assert any("the name stands twice" in text for text in duplicated().problems)
    assert refusal('inherit = "gb300-nvl72"\n' + tray + tray)


def duplicated():
    with pytest.raises(SpecError) as caught:
        child("[rack]\nstack = [{name = 's', part = 'shelf', count = 1}, {name = 's', part = 'shelf', count = 1}]")
    return caught.value


# Origins


def test_a_plain_number_is_the_users_and_names_the_file():
    spec = child('[cooling]\nsupply_temperature = "40 degC"\nvolume_flow = 0.002')
    origin = spec.provenance["cooling.supply_temperature"]
    assert origin == ("user", "mine", 5.0)
    assert spec.provenance["cooling.volume_flow"] == ("user", "mine", 0.2)
    assert spec.provenance["cooling.cdu.rated_heat"].source == "coolit-chx2000"


def test_a_number_may_carry_status_source_and_spread():
    text = '[cooling]\nsupply_temperature = {value = 313.15, status = "measured", source = "my log", spread = "%s"}'
    assert child(text % "2 K").provenance["cooling.supply_temperature"] == ("measured", "my log", 2.0)
    assert child(text % "1.8 degF").provenance["cooling.supply_temperature"].spread == pytest.approx(1.0)
    tdp = child('[load]\nutilization = {value = "80 %", spread = "10 %"}')
    assert tdp.provenance["load.utilization"] == ("user", "mine", 0.1)


def test_text_and_none_have_an_origin_where_the_file_gives_one():
    spec = child('[cooling]\ncoolant = {value = "pg25", status = "quoted", source = "plan"}')
    assert spec.cooling.coolant == "pg25"
    assert spec.provenance["cooling.coolant"].source == "plan"
    assert "cooling.coolant" not in GB300.provenance


# Problems


def test_all_problems_are_told_at_once_each_with_its_path():
    problems = refusal(
        """
        inherit = "gb300-nvl72"
        colour = "green"
        [cooling]
        supply_temperature = "45 C"
        flow_minimum = "-3 L/min"
        coolant = 7
        [load]
        utilisation = 1
        utilization = true
        [rack.nvlink]
        gpus = "many"
        [[rack.trays]]
        name = "compute"
        [[rack.trays.chips]]
        name = "gpu"
        power.tdp = {value = "1.4 KW", status = "guessed", source = 3, spread = -1, unit = "W"}
        """
    )
    text = "\n".join(problems)
    for said in (
        "colour: no such field (near names: ",
        "cooling.supply_temperature = 45 C: the unit 'C'",
        "cooling.flow_minimum = -3 L/min: must be > 0 m3/s",
        "cooling.coolant = 7: must be one of 'water', 'pg25', 'pg20'",
        "load.utilisation: no such field (near names: utilization)",
        "load.utilization = True: is not a number",
        "rack.nvlink.gpus = many: must be a whole number ≥ 2",
        "rack.trays.compute.chips.gpu.power.tdp = 1.4 KW: the unit 'KW'",
    ):
        assert said in text
    assert len(problems) == 8


def test_what_stands_beside_a_value_is_checked_too():
    problems = refusal(
        'inherit = "gb300-nvl72"\n[load]\n'
        'utilization = {value = 1, status = "guessed", source = 3, spread = -1, unit = "W"}'
    )
    assert [text.split(": ")[1] for text in problems] == [
        "no such key 'unit' beside value (known",
        "status = 'guessed'",
        "source = 3",
        "spread = -1",
    ]
    assert (
        "spread = much: is not a number"
        in refusal('inherit = "gb300-nvl72"\nload.utilization = {value=1, spread="much"}')[0]
    )


def test_a_healthy_part_is_still_checked_when_another_is_unfit():
    problems = refusal('inherit = "gb300-nvl72"\n[load]\nutilization = 5\n[traffic]\ntop_k = 999')
    assert len(problems) == 2
    assert problems[1].startswith("traffic.top_k = 999: must be ≤ experts = 256")


def test_a_leafs_own_check_is_named_by_its_path():
    (problem,) = refusal('inherit = "gb300-nvl72"\n[rack.nvlink]\nlinks_to_asic = [1, 2]')
    assert problem == "rack.nvlink.links_to_asic = (1, 2): must hold 1 or 18 values"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("value = 1", "value: no such field"),
        ("rack = 5", "rack: must be a table [rack]"),
        ('limits = "none"', "limits"),
        ("[rack]\ntrays = 5", "rack.trays: must be a list of tables [[rack.trays]]"),
        ("[rack]\ntrays = []", "rack.trays: must be a list of tables"),
        ("[rack]\ntrays = [1, {name = 'x'}]", "rack.trays.0: must be a table [[rack.trays]]"),
        ("[cooling.supply_temperature]\nx = 1", "must be one value, or a table {value"),
        ("[cooling]\nsupply_temperature = [1]", "is not a number"),
        ("[cooling]\nsupply_temperature = 2024-01-01", "is not a number"),
        ("[cooling]\nsupply_temperature = nan", "is not a finite number"),
        ("[cooling]\nsupply_temperature = {value = {value = 1}}", "is not a number"),
        ("[rack.nvlink]\ngpus = true", "a whole number"),
        ("[rack.nvlink]\ngpus = 72.0", "a whole number"),
        ("[rack.nvlink]\nlinks_to_asic = ['a']", "a list such as"),
        ("title = 5", "title = 5: must be text"),
        ("announced = 'perhaps'", "true or false"),
        ("[rack.busbar]\ncross_section = 'none'", "is not a number"),
        ("[[rack.trays]]\nname = 'a.b'", "rack.trays.a.b.name = a.b: must be letters"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(text, says):
    found = refusal(
        f'inherit = "gb300-nvl72"\n{text}' if not text.startswith("value") else f'{text}\ninherit = "gb300-nvl72"'
    )
    assert any(says in problem for problem in found), found


def test_what_is_missing_is_named_with_what_to_write():
    problems = refusal('title = "mine"')
    assert 'rack: is missing; write the table, or start the file with inherit = "gb300-nvl72"' in problems
    assert len(problems) == 9
    problems = refusal('inherit = "hgx-h100"\n[rack.busbar]\ncross_section = "900 mm2"')
    assert "rack.busbar.rated_current: is missing; give a value in A (> 0 A)" in problems


def test_a_part_can_be_left_out_with_none():
    assert child('[rack]\nbusbar = "none"').rack.busbar is None
    lidless = child('[[rack.trays]]\nname = "compute"\n[[rack.trays.chips]]\nname = "gpu"\npackage.lid = "none"')
    assert lidless.rack.trays[0].chips[0].package.lid is None
    assert lidless.rack.trays[0].chips[1].package.lid is not None


def test_an_untouched_document_is_left_as_it_was():
    raw = {"inherit": "gb300-nvl72", "load": {"utilization": 0.5}}
    assert build(raw, origin="x", name="x").load.utilization == 0.5
    assert raw == {"inherit": "gb300-nvl72", "load": {"utilization": 0.5}}


def test_the_error_carries_its_problems_across_processes():
    import pickle

    error = pickle.loads(pickle.dumps(SpecError(["a: 1", "b: 2"])))
    assert error.problems == ("a: 1", "b: 2")
    assert str(error) == "a: 1\nb: 2"
    assert loader.SpecError is SpecError
